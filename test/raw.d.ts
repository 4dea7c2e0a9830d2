// A file as text: the test runner resolves the suffix in both homes.
declare module '*?raw' {
  const text: string;
  export default text;
}
