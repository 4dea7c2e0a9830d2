/** The one style sheet of migrants' pages: 360 px first, light and dark, logical properties for both directions. */
export const STYLE = `:root{color-scheme:light dark;--ink:#14181f;--paper:#fff;--soft:#eef1f5;--line:#c5ccd6;--link:#0a4fa3;--safe:#0b6b3a;--help:#a8071a;--warn:#8a4b00}
@media(prefers-color-scheme:dark){:root{--ink:#eceff4;--paper:#11151b;--soft:#1d242e;--line:#3d4755;--link:#8fc1ff;--safe:#0f7d45;--help:#c21a2c;--warn:#ffb454}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.65 system-ui,"Noto Sans","Noto Sans Sinhala","Noto Sans Tamil","Noto Sans Arabic","Noto Sans Devanagari",sans-serif;overflow-wrap:anywhere}
header,main{max-inline-size:40rem;margin-inline:auto;padding-inline:1rem}
header{padding-block-start:.5rem;border-block-end:1px solid var(--line)}
main{padding-block:1rem 2rem}
a{color:var(--link)}
.brand{margin:0;font-weight:700}
.brand a{color:inherit;text-decoration:none}
nav a{display:inline-block;padding-block:.6rem;margin-inline-end:1rem}
h1{font-size:1.4rem;line-height:1.4;margin-block:.5rem 1rem}
h2{font-size:1.15rem;line-height:1.4;margin-block:0 .3rem}
summary{display:inline-flex;align-items:center;gap:.4rem;cursor:pointer;min-block-size:2.75rem;font-weight:600;list-style:none}
summary::-webkit-details-marker{display:none}
.languages ul{display:flex;flex-wrap:wrap;gap:.4rem;list-style:none;margin:0 0 .5rem;padding:0}
.languages li a{display:inline-flex;align-items:center;min-block-size:2.75rem;padding-inline:.8rem;border:1px solid var(--line);border-radius:.5rem;text-decoration:none}
.languages [aria-current]{background:var(--soft);font-weight:700;color:var(--ink)}
.warning{border-inline-start:.4rem solid var(--warn);background:var(--soft);padding:.8rem;margin-block:0 1rem;border-radius:.3rem}
.warning.extreme,.warning.severe{border-color:var(--help)}
.prose{white-space:pre-line;margin-block:0 .5rem}
.about{margin:0;font-size:.9rem}
.test{display:inline-block;margin:0 0 .4rem;padding-inline:.5rem;border:2px dashed currentColor;font-weight:700}
.phone{font-weight:700;white-space:nowrap}
label{display:block;margin-block:.8rem .2rem;font-weight:600}
input,select,textarea,button{font:inherit;color:inherit;inline-size:100%;max-inline-size:100%;min-block-size:3rem;padding:.5rem .7rem;border:1px solid var(--line);border-radius:.5rem;background:var(--paper)}
button{cursor:pointer;margin-block:1rem 0;background:var(--link);border-color:transparent;color:var(--paper);font-weight:700}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
[hidden]{display:none!important}
.unseen{position:absolute;inline-size:1px;block-size:1px;min-block-size:0;margin:0;padding:0;overflow:hidden;clip-path:inset(50%);border:0}
.choice{position:sticky;inset-block-end:0;display:grid;grid-template-columns:1fr 1fr;gap:.6rem;margin-block-start:1rem;padding-block:.6rem 1rem;background:var(--paper);border-block-start:1px solid var(--line)}
.choice p{grid-column:1/-1;margin:0}
.choice button{margin:0;min-block-size:4.5rem;font-size:1.15rem;line-height:1.3;color:#fff}
.choice b{font-size:1.5rem;margin-inline-end:.3rem}
.safe{background:var(--safe)}
.help{background:var(--help)}
.verdict{padding:.8rem;border-radius:.5rem;background:var(--soft);border:2px solid var(--line);font-weight:600}
.verdict.true{border-color:var(--safe)}
.verdict.false,.verdict.old{border-color:var(--help)}
.verdict.help{background:var(--help);color:#fff}
.case{font-size:1.3rem}
.emergency{margin:0}
.emergency a{display:block;text-align:center;font-size:2rem;padding:.4rem;border:2px solid var(--help);border-radius:.5rem;text-decoration:none}
.emergency a::before{content:"\\260E\\FE0E\\2002"}
#offline{padding:.8rem;background:var(--warn);color:var(--paper);font-weight:700;border-radius:.3rem}
@media(min-width:48rem){body{font-size:1.125rem}}
@media print{header nav,.languages,form{display:none}}`;
