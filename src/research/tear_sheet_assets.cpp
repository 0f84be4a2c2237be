#include "research/tear_sheet_assets.hpp"

namespace stom {

std::string_view tear_sheet_style() {
  // Gain and loss swap their colours in Korean: red rises there.
  return R"css(
:root{--page:#f4f5f7;--card:#fff;--ink:#15191f;--soft:#5b6472;--rule:#e3e6eb;--grid:#e9ecf0;--accent:#2456c7;--band:#2456c726;
--green:#0b8457;--red:#c8324a;--blue:#1f5fd0;--gain:var(--green);--loss:var(--red);--other:#9a6b00;--warn:#fff6dd;--warnink:#6b4b00;--warnrule:#ecd28a}
:root:lang(ko){--gain:var(--red);--loss:var(--blue)}
@media (prefers-color-scheme:dark){:root{--page:#0c0f14;--card:#141920;--ink:#e7eaf0;--soft:#95a0b0;--rule:#252c37;--grid:#222933;
--accent:#7aa5ff;--band:#7aa5ff2e;--green:#35c08a;--red:#ff6b81;--blue:#6ea1ff;--other:#e0b04a;--warn:#2a2310;--warnink:#f0d58a;--warnrule:#55461c}}
*{box-sizing:border-box}
html{background:var(--page);color:var(--ink);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans KR","Noto Sans CJK KR","Apple SD Gothic Neo","Malgun Gothic",sans-serif;
-webkit-text-size-adjust:100%;font-variant-numeric:tabular-nums}
:lang(ko){word-break:keep-all}
body{max-width:1120px;margin:0 auto;padding:32px 24px 48px}
header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:flex-end;gap:8px 24px;padding-bottom:14px;border-bottom:2px solid var(--ink);margin-bottom:20px}
h1{font-size:30px;line-height:1.15;letter-spacing:-.02em;margin:2px 0 0;font-weight:680;overflow-wrap:anywhere}
.brand{font-size:11px;letter-spacing:.14em;text-transform:uppercase;color:var(--soft);font-weight:600}
.facts{color:var(--soft);text-align:right;font-size:13px}
.facts b{color:var(--ink);font-weight:600}
section,.pair>div{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:16px 18px;margin:0 0 16px;break-inside:avoid}
section.plain{background:none;border:0;padding:0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:16px}
.pair>div{min-width:0}
@media (max-width:760px){.pair{grid-template-columns:1fr;gap:0}.facts{text-align:left}body{padding:18px 12px}}
h2{font-size:14px;font-weight:650;margin:0 0 8px;letter-spacing:-.005em}
h2 small,.note{font-weight:400;color:var(--soft);font-size:12px}
.note{margin:8px 0 0}
.warn{background:var(--warn);border-color:var(--warnrule);color:var(--warnink)}
.warn ul{margin:0;padding-left:18px}
.kpis{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;background:var(--rule);border:1px solid var(--rule);border-radius:10px;overflow:hidden;padding:0}
@media (max-width:760px){.kpis{grid-template-columns:repeat(2,1fr)}}
.kpi{background:var(--card);padding:12px 16px 10px}
.kpi .name{font-size:12px;color:var(--soft);font-weight:550}
.kpi .figure{font-size:23px;line-height:1.25;font-weight:640;letter-spacing:-.02em}
.kpi .what{font-size:11px;line-height:1.35;color:var(--soft);margin-top:2px}
.gain{color:var(--gain)}.loss{color:var(--loss)}
svg.plot{display:block;width:100%;height:auto;overflow:visible}
svg text{font-size:11px;fill:var(--soft)}
@media screen and (max-width:520px){svg.wide text{font-size:24px}}
svg text.key{font-size:11.5px;fill:var(--ink)}
.grid{stroke:var(--grid);stroke-width:1}.faint{stroke-opacity:.55}
.zero{stroke:var(--soft);stroke-width:1;stroke-opacity:.7}
.dash{stroke:var(--soft);stroke-dasharray:4 4;stroke-opacity:.8}
.dash.bad{stroke:var(--loss)}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.line.main{stroke:var(--accent)}.line.second{stroke:var(--other);stroke-width:1.2}.line.thin{stroke:var(--soft);stroke-width:1}
.area.band{fill:var(--band)}.area.under{fill:var(--loss);fill-opacity:.22}.line.under{stroke:var(--loss);stroke-width:1.1}
.area.held{fill:var(--accent);fill-opacity:.28}
rect.main{fill:var(--accent);fill-opacity:.75}
rect.gain,path.gain{fill:var(--gain)}rect.loss,path.loss{fill:var(--loss)}
rect.gain,rect.loss{fill-opacity:.85}
.wick-gain{stroke:var(--gain)}.wick-loss{stroke:var(--loss)}
path.buy{fill:var(--accent)}path.sell{fill:var(--other)}
path.buy,path.sell{stroke:var(--card);stroke-width:.6}
.cursor{stroke:var(--ink);stroke-width:1;stroke-opacity:.45;visibility:hidden}
#tip{position:fixed;pointer-events:none;background:var(--ink);color:var(--card);font-size:12px;line-height:1.45;padding:6px 10px;border-radius:6px;visibility:hidden;z-index:9;white-space:pre}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:12.5px}
th{font-weight:600;color:var(--soft);text-align:right;padding:5px 8px;border-bottom:1px solid var(--rule);white-space:nowrap}
td{padding:4px 8px;text-align:right;border-bottom:1px solid var(--grid);white-space:nowrap}
th.l,td.l{text-align:left}
td.w{white-space:normal;text-align:left;color:var(--soft)}
tr:last-child td{border-bottom:0}
table.sort th{cursor:pointer;user-select:none}
table.sort th:hover{color:var(--ink)}
table.sort th[aria-sort=ascending]::after{content:" \25B2";font-size:9px}
table.sort th[aria-sort=descending]::after{content:" \25BC";font-size:9px}
table.heat td{text-align:center;padding:5px 2px;border:1px solid var(--card);min-width:44px;border-radius:3px;
background:color-mix(in srgb,var(--tone,transparent) calc(var(--v,0)*1%),transparent)}
table.heat td.gain,table.heat td.loss{color:var(--ink)}
table.heat td.gain{--tone:var(--gain)}table.heat td.loss{--tone:var(--loss)}
table.heat th{text-align:center;border:0;padding:4px 2px}
table.heat td.year{font-weight:650;border-left:3px solid var(--card)}
h3{font-size:12.5px;font-weight:650;margin:14px 0 2px;padding:0 8px 4px;border-bottom:1px solid var(--rule);break-after:avoid}
.groups table{table-layout:fixed}.groups col.a{width:24%}.groups col.b{width:20%}
.groups td:first-child{white-space:normal}
.swatch{display:inline-block;width:14px;height:3px;border-radius:2px;vertical-align:middle;margin:0 5px 2px 12px;background:var(--accent)}
.swatch.band{height:10px;background:var(--band)}.swatch.second{background:var(--other)}
code{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
.proof td{white-space:normal;text-align:left;vertical-align:top}
footer{color:var(--soft);font-size:12px;margin-top:20px;display:flex;justify-content:space-between;gap:16px;flex-wrap:wrap}
@page{size:A4;margin:14mm 13mm}
@media print{svg.wide text{font-size:14px}:root{--page:#fff;--card:#fff;--ink:#111;--soft:#555;--rule:#d5d8dd;--grid:#e6e8ec;--accent:#2456c7;--band:#2456c726;--green:#0b8457;--red:#c8324a;--blue:#1f5fd0;--other:#9a6b00;--warn:#fff6dd;--warnink:#6b4b00;--warnrule:#ecd28a}
html{font-size:10pt}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}body{max-width:none;padding:0}
section,.pair>div{padding:10px 12px;margin-bottom:10px;border-radius:6px}.pair{grid-template-columns:1fr 1fr;gap:10px}.kpis{grid-template-columns:repeat(4,1fr)}
.kpi .figure{font-size:18px}section.long{break-inside:auto}tr{break-inside:avoid}tr.more{display:none}h2{break-after:avoid}
table{font-size:8pt}td,th{padding:2.5px 5px}.pair table{font-size:7pt}.pair td,.pair th{padding:2px 3px}.pair th{white-space:normal}
table.sort{font-size:6.6pt}table.sort td,table.sort th{padding:2px 3px;white-space:normal}table.heat td{min-width:0}
.scroll{overflow:visible}.facts{text-align:right}.groups{columns:2;column-gap:18px}.groups table{font-size:7pt}.groups td{padding:1.5px 3px}}
@media screen{.paper{display:none}}
)css";
}

std::string_view tear_sheet_script() {
  return R"js(
(()=>{
const data=document.getElementById('curve');
if(data){
 const d=JSON.parse(data.textContent),tip=document.getElementById('tip'),plots=[...document.querySelectorAll('svg[data-left]')];
 const lines=plots.map(s=>{const l=document.createElementNS('http://www.w3.org/2000/svg','line');l.setAttribute('class','cursor');
  l.setAttribute('y1',s.dataset.top);l.setAttribute('y2',s.dataset.bottom);s.append(l);return l});
 const money=v=>v.toLocaleString(undefined,{maximumFractionDigits:d.digits})+' '+d.currency,percent=v=>(v*100).toFixed(2)+' %';
 const hide=()=>{tip.style.visibility='hidden';lines.forEach(l=>l.style.visibility='hidden')};
 plots.forEach(s=>{s.addEventListener('pointerleave',hide);s.addEventListener('pointermove',e=>{
  const r=s.getBoundingClientRect(),px=(e.clientX-r.left)/r.width*s.viewBox.baseVal.width,l=+s.dataset.left,w=+s.dataset.right-l;
  const f=Math.min(1,Math.max(0,(px-l)/w)),t=d.from+f*(d.to-d.from);
  let a=0,b=d.time.length-1;while(b-a>1){const m=(a+b)>>1;d.time[m]<=t?a=m:b=m}
  const i=t-d.time[a]<d.time[b]-t?a:b,x=l+(d.time[i]-d.from)/(d.to-d.from)*w;
  lines.forEach(c=>{c.setAttribute('x1',x);c.setAttribute('x2',x);c.style.visibility='visible'});
  let text=new Date(d.time[i]).toISOString().replace('T',' ').replace(/(:00)?\.000Z$/,'')+'\n'+d.words.equity+'  '+money(d.equity[i]);
  if(d.low)text+='\n'+money(d.low[i])+' … '+money(d.high[i]);
  if(d.benchmark)text+='\n'+d.words.benchmark+'  '+money(d.benchmark[i]);
  tip.textContent=text+'\n'+d.words.drawdown+'  '+percent(-d.drawdown[i]);
  const left=e.clientX+18+tip.offsetWidth>innerWidth?e.clientX-18-tip.offsetWidth:e.clientX+18;
  tip.style.left=left+'px';tip.style.top=e.clientY+14+'px';tip.style.visibility='visible'})});
}
document.querySelectorAll('table.sort').forEach(table=>{const heads=[...table.tHead.rows[0].cells];
 heads.forEach((th,c)=>{th.tabIndex=0;const sort=()=>{const up=th.getAttribute('aria-sort')!=='ascending';
  heads.forEach(h=>h.removeAttribute('aria-sort'));th.setAttribute('aria-sort',up?'ascending':'descending');
  const value=r=>{const x=r.cells[c];return x.dataset.v!==undefined?+x.dataset.v:x.textContent};
  [...table.tBodies[0].rows].sort((p,q)=>{const a=value(p),b=value(q);return(typeof a==='number'?a-b:a.localeCompare(b))*(up?1:-1)}).forEach(r=>table.tBodies[0].append(r))};
  th.addEventListener('click',sort);th.addEventListener('keydown',e=>{if(e.key==='Enter')sort()})})});
})();
)js";
}

}  // namespace stom
