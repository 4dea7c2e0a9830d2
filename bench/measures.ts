/** What can be measured, in the order of the table. */
export interface Sizes {
  /** messages of one dispatch */
  messages: number;
  /** messages of one dispatch to a far end that takes its time */
  waited: number;
  /** people for the fan-out and the counts */
  people: number;
  /** people of the largest of twelve languages, for fairness */
  largest: number;
  /** audiences whose peak memory is compared */
  memory: [number, number];
  /** status callbacks of one round */
  receipts: number;
  /** messages of an alert in one language and in thirty */
  spoken: number;
  /** ends of the server at a random moment */
  kills: number;
}

export interface Order {
  /** for database files; removed at the end */
  folder: string;
  sizes: Sizes;
  /** rounds of which the median is taken */
  rounds: number;
  /** of what is random */
  seed: number;
}

export interface Row {
  measure: string;
  ours: string;
  ceiling: string;
  ratio: string;
  target: string;
}

type Measure = (order: Order) => Promise<Row[]>;

export const MEASURES: Record<string, () => Promise<Measure>> = {
  dispatch: async () => (await import('./dispatch.ts')).measureDispatch,
  latency: async () => (await import('./dispatch.ts')).measureLatency,
  fanout: async () => (await import('./fanout.ts')).measureFanout,
  fairness: async () => (await import('./fairness.ts')).measureFairness,
  audience: async () => (await import('./audience.ts')).measureAudience,
  memory: async () => (await import('./memory.ts')).measureMemory,
  receipts: async () => (await import('./receipts.ts')).measureReceipts,
  texts: async () => (await import('./texts.ts')).measureTexts,
  push: async () => (await import('./push.ts')).measurePush,
  kills: async () => (await import('./kills.ts')).measureKills,
};

/** Takes minutes, and proves rather than measures: only when it is named, or with --full. */
export const LONG = ['kills'];

export function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor((values.length - 1) / 2)]!;
}

/** 12,345/s */
export function perSecond(rate: number): string {
  return `${Math.round(rate).toLocaleString('en')}/s`;
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

export function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

export function megabytes(kilobytes: number): string {
  return `${(kilobytes / 1024).toFixed(0)} MB`;
}
