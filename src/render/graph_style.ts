/**
 * How the page looks: light and dark, on a phone, on paper.
 *
 * @module
 */

/** What the page has besides the style of the picture. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--ground:#fff;--text:#1f2328;--quiet:#57606a;--line:#d0d7de;--field:#f6f8fa;--link:#0550ae;--focus:#0550ae;--error:#b3261e;--warning:#7a4f00;--way:#1a7f37;--share:#4a7fc1}
@media (prefers-color-scheme:dark){:root{--ground:#0d1117;--text:#e6edf3;--quiet:#9aa4af;--line:#30363d;--field:#161b22;--link:#79b8ff;--focus:#79b8ff;--error:#ff9a92;--warning:#e3b341;--way:#56d364;--share:#5b93d8}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 system-ui,sans-serif;-webkit-text-size-adjust:100%;text-size-adjust:100%}
header,section{max-width:76rem;margin:0 auto;padding:0 1rem}
section{padding-bottom:1rem}
.broad{max-width:none}.broad h2,.broad p{max-width:74rem;margin-left:auto;margin-right:auto}
h1{font-size:1.5rem;overflow-wrap:anywhere;margin:1rem 0 .25rem}
h2{font-size:1.2rem;margin:1.25rem 0 .5rem;border-top:1px solid var(--line);padding-top:.75rem}
h3{font-size:1rem;margin:1rem 0 .25rem;overflow-wrap:anywhere}
p,li,pre{overflow-wrap:anywhere}
p{margin:.25rem 0 .5rem}
header p,#picture-help{color:var(--quiet)}
a{color:var(--link)}
ul,ol{padding-left:1.5rem;margin:.25rem 0}
li{margin:.25rem 0}
.ways{list-style:none;padding-left:.5rem;border-left:2px solid var(--line)}
.problem,li.error{color:var(--error)}
li.warning{color:var(--warning)}
.skip{position:absolute;left:-100vw}
.skip:focus{left:.5rem;top:.5rem;background:var(--ground);padding:.5rem;z-index:1}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.fields{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(15rem,100%),1fr));gap:.5rem 1rem}
.fields p{margin:0}
.fields .wide{grid-column:1/-1}
label{display:block;font-size:.875rem;color:var(--quiet)}
input,select,textarea,button{font:inherit;color:inherit;background:var(--field);border:1px solid var(--quiet);border-radius:4px;padding:.4rem .5rem;min-height:2.5rem}
input,select,textarea{width:100%;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:1rem}
button{padding:.4rem 1rem;cursor:pointer}
button[type=submit]{background:var(--link);border-color:var(--link);color:var(--ground);font-weight:bold}
.buttons{margin:.75rem 0}
#answer{border:1px solid var(--line);border-left:6px solid var(--way);border-radius:4px;padding:.5rem .75rem;background:var(--field)}
#answer.wrong{border-left-color:var(--error)}
#answer pre{margin:0;white-space:pre-wrap;font:.875rem/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
.scroll{overflow:auto;max-height:90vh;border:1px solid var(--line);border-radius:4px}
.graph{display:block;margin:0 auto}
.graph .node{cursor:pointer}
.graph .node:focus{outline:none}
.graph .node:focus-visible rect{stroke:var(--focus);stroke-width:5;stroke-dasharray:none}
.graph .node:target rect{stroke-width:5}
.graph .aside{opacity:.35}
.graph .node.way rect{stroke:var(--way);stroke-width:4}
.graph .edge.way{stroke:var(--way)}
.bar{vertical-align:baseline}
.bar .all{fill:var(--line)}
.bar .part{fill:var(--share)}
.bar.mirror .part{fill:var(--quiet)}
@media print{
.skip,form,#picture-help,noscript{display:none}
.scroll{overflow:visible;max-height:none;border:0}
.graph{width:100%;height:auto}
article,li{break-inside:avoid}
}
`;
