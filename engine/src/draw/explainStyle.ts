/** The look of the page: light or dark as the reader's system is, one column, all plots on the same left and right edge. */
export const EXPLAIN_STYLE: string = `
:root{color-scheme:light dark;--bg:#fff;--ink:#1c2430;--soft:#5c6878;--line:#dfe4ea;--plot:#f6f8fa;--brick:#e6eaef;--wave:#41526b;--heat:#1f3a5f;--accent:#0b6fc2;
--l0:#6f7f95;--l1:#b08d57;--l2:#7a9a6b;--l3:#9a7aa0;
--s0:#0b6fc2;--s1:#d1495b;--s2:#2a8f5b;--s3:#b8720a;--s4:#7a4fc0;--s5:#0a8f99;--s6:#b13d94;--s7:#6b7f12;--s8:#8a5a3c;--s9:#4c5a8a}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--ink:#e6eaf0;--soft:#9aa7b7;--line:#2a323d;--plot:#191f27;--brick:#262e39;--wave:#a9b8cc;--heat:#9cc4f2;--accent:#5aa9f0;
--l0:#8d9db3;--l1:#cfae78;--l2:#98bb88;--l3:#bb9ac2;
--s0:#5aa9f0;--s1:#f2788a;--s2:#58c98f;--s3:#f0b04f;--s4:#b391f5;--s5:#4fd0da;--s6:#ea7fd0;--s7:#b9cc55;--s8:#cf9d7b;--s9:#9aa9df}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1160px;margin:0 auto;padding:24px 20px 80px}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:0}
p{margin:4px 0 8px;max-width:82ch}
.facts,.note{color:var(--soft);font-size:.9rem}
.warning{border-left:3px solid var(--s3);padding-left:10px}
.speakers{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;padding:0;margin:12px 0}
.speakers b{font-weight:600}
.swatch{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.45em}
nav{position:sticky;top:0;z-index:3;background:var(--bg);border-bottom:1px solid var(--line);padding:8px 0;margin:16px 0 8px}
nav .row{display:flex;gap:6px;align-items:center;flex-wrap:wrap;font-size:.85rem;color:var(--soft)}
nav .row span{margin-left:auto;font-variant-numeric:tabular-nums}
button{font:inherit;color:var(--ink);background:var(--plot);border:1px solid var(--line);border-radius:6px;padding:2px 10px;cursor:pointer}
button:hover{border-color:var(--accent)}
section{margin:26px 0 0}
.head{display:flex;justify-content:space-between;align-items:baseline;gap:16px;flex-wrap:wrap}
.head i{font-style:normal;color:var(--soft);margin-right:.5em}
output{font-size:.85rem;color:var(--soft);font-variant-numeric:tabular-nums;min-height:1.5em}
.plot{position:relative;touch-action:pan-y}
.plot canvas{display:block;width:100%;cursor:crosshair;border-radius:4px}
.cursor{position:absolute;top:0;bottom:18px;width:1px;background:var(--accent);pointer-events:none;display:none}
canvas:focus-visible,svg:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.choose{display:flex;gap:10px;align-items:center;font-size:.85rem;color:var(--soft);margin:2px 0 6px}
.choose input{flex:1;max-width:420px;accent-color:var(--accent)}
#scatter{width:100%;height:auto;background:var(--plot);border-radius:4px;display:block}
#scatter .assigned{fill:none;stroke-width:1.4}
#scatter circle{fill-opacity:.75}
#scatter .nobody{stroke:var(--soft);stroke-width:1.4;fill:none}
#scatter .on{stroke:var(--ink);stroke-width:2.5}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;font-size:.85rem;color:var(--soft)}
.legend svg{width:14px;height:14px;vertical-align:-2px;margin-right:4px}
${Array.from({ length: 10 }, (_, i) => `circle.s${i}{fill:var(--s${i})}path.s${i}{stroke:var(--s${i})}.swatch.s${i}{background:var(--s${i})}td.s${i}{border-left-color:var(--s${i})}`).join('')}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;margin-top:8px}
caption{text-align:left;color:var(--soft);padding-bottom:4px}
th,td{text-align:right;padding:2px 14px 2px 0;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{text-align:left;padding:2px 0 2px 10px;border-left-width:5px;border-left-style:solid}th:last-child{border-left-color:transparent}
tbody tr{cursor:pointer}tbody tr:hover td{background:var(--plot)}
td button{padding:0 6px;margin-right:8px;font-size:.8rem}
audio{width:100%;margin-top:8px}
@media(max-width:640px){body{font-size:15px}main{padding:16px 12px 60px}}
@media print{nav,.choose input,audio{display:none}section{break-inside:avoid}}
`.trim();
