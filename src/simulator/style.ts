export const SIMULATOR_STYLE = `:root{color-scheme:light dark;--ink:#14181f;--paper:#e8ebf0;--case:#20262f;--screen:#fff;--soft:#d9e7fb;--line:#9aa5b4;--link:#0a4fa3}
@media(prefers-color-scheme:dark){:root{--ink:#eceff4;--paper:#0c0f13;--case:#39424f;--screen:#161c24;--soft:#24405f;--line:#56637a;--link:#8fc1ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,"Noto Sans","Noto Sans Sinhala","Noto Sans Tamil","Noto Sans Arabic","Noto Sans Devanagari",sans-serif;overflow-wrap:anywhere}
.banner{position:sticky;inset-block-start:0;z-index:1;margin:0;padding:.4rem 1rem;background:#ffd400;color:#000;font-weight:800;letter-spacing:.15em;text-align:center;border-block-end:4px solid #000}
.banner span{font-weight:500;letter-spacing:0}
main{padding:1rem;max-inline-size:110rem;margin-inline:auto}
.sign-in{max-inline-size:30rem}
h1{font-size:1.3rem}
label{display:block;font-weight:600}
input,button{font:inherit;color:inherit;min-block-size:2.75rem;padding:.4rem .7rem;border:1px solid var(--line);border-radius:.5rem;background:var(--screen);max-inline-size:100%}
.sign-in input{inline-size:100%;margin-block:.3rem .8rem}
button{cursor:pointer;background:var(--link);color:var(--screen);font-weight:700;border-color:transparent}
.quiet{background:none;color:var(--link);border-color:var(--line)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.problem{padding:.7rem;border:2px solid #a8071a;border-radius:.5rem}
.table{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17.5rem),1fr));gap:1.2rem;margin-block-start:1rem}
.phone{display:flex;flex-direction:column;padding:.7rem;background:var(--case);color:#fff;border-radius:1.4rem}
.phone h2{margin:0 .2rem .5rem;font-size:.95rem;font-weight:500}
.screen{flex:none;block-size:24rem;overflow-y:auto;list-style:none;margin:0;padding:.6rem;background:var(--screen);color:var(--ink);border-radius:.6rem}
.screen li{margin-block-end:.7rem;padding:.5rem .6rem;border-radius:.7rem;max-inline-size:95%}
.screen p{margin:0;white-space:pre-line}
.screen small{opacity:.8}
.got{background:var(--paper)}
.sent{background:var(--soft);margin-inline-start:auto;inline-size:fit-content}
.screen .phone{all:unset;font-weight:700;cursor:pointer;text-decoration:underline}
.sms .screen{font-size:.95rem;background:#cfdcc0;color:#17210f}
.sms .got,.sms .sent{background:none;border-radius:0;border-block-end:1px dashed #5b6b4a;max-inline-size:100%}
.sms .sent{inline-size:auto;text-align:end}
.sms .screen a{color:#0b3d75}
.telegram .got{border-end-start-radius:0}
.telegram .sent{border-end-end-radius:0}
.push .screen{background:linear-gradient(#26324a,#131a28)}
.push .got{background:#f4f6fae6;color:#14181f}
.push .got a{color:#0a4fa3}
.screen li b{display:block}
.buttons{display:grid;gap:.3rem;margin-block-start:.5rem}
.buttons button{inline-size:100%}
.phone>form{display:flex;gap:.4rem;margin-block-start:.6rem}
.phone>form input{flex:1;min-inline-size:0;color:var(--ink)}`;

/** Asks every second whether anything is new, and then changes only the screens that differ: what is being typed stays. */
export const SIMULATOR_SCRIPT = `const main = document.querySelector('main');
const atEnd = () => {
  for (const screen of document.querySelectorAll('.screen')) screen.scrollTop = screen.scrollHeight;
};
async function look() {
  try {
    const answer = await fetch('/simulator/state.json');
    if (answer.status === 401) return location.reload();
    const { version } = await answer.json();
    if (version !== main.dataset.version) await renew();
  } catch {
    // asked again in a second
  }
  setTimeout(look, 1000);
}
async function renew() {
  const answer = await fetch('/simulator');
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.querySelector('main');
  const phones = [...fresh.querySelectorAll('.table > .phone')];
  if (phones.length !== document.querySelectorAll('.table > .phone').length) return location.reload();
  for (const phone of phones) {
    const screen = document.querySelector('#' + phone.id + ' .screen');
    const next = phone.querySelector('.screen');
    if (!screen) return location.reload();
    if (screen.innerHTML === next.innerHTML) continue;
    screen.replaceChildren(...next.childNodes);
    screen.scrollTop = screen.scrollHeight;
  }
  main.dataset.version = fresh.dataset.version;
}
document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.action.includes('/simulator/phones/')) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  form.reset();
  await fetch(form.action, { method: 'POST', body, redirect: 'manual' });
  await renew();
});
atEnd();
look();
`;
