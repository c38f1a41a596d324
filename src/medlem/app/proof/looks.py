"""How the page of a proof looks."""

from typing import Final

LOOKS: Final = """
:root { color: #1b1b1b; background: #eceae6; font: 15px/1.5 Georgia, 'Times New Roman', serif; }
body { margin: 0; }
main { max-width: 46rem; margin: 2rem auto; padding: 3rem; background: #fff; box-shadow: 0 1px 6px #0003; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.35rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; }
header { border-bottom: 3px solid #1b1b1b; padding-bottom: 1rem; }
.kind { letter-spacing: .12em; text-transform: uppercase; font-size: .8rem; margin: 0 0 .4rem; }
.what { font-size: 1.1rem; margin: .3rem 0 0; }
dl { margin: .6rem 0; display: grid; grid-template-columns: 1fr 1fr; gap: .25rem 2rem; }
dl div { display: flex; gap: .6rem; }
dt { color: #555; min-width: 7.5rem; }
dd { margin: 0; }
.verdict { border: 2px solid; border-radius: 6px; padding: .2rem 1.2rem; margin-top: 1.4rem; }
.verdict h2 { margin: .7rem 0 0; }
.verdict p { margin: .4rem 0 .9rem; }
.good { border-color: #1f6b3a; background: #f1f8f3; }
.good h2, .yes b, td.yes { color: #1f6b3a; }
.bad { border-color: #a11; background: #fdf2f2; }
.bad h2, .no b, td.no { color: #a11; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid #ddd; }
th { font-weight: normal; color: #555; }
.timeline { list-style: none; padding: 0; margin: 0; }
.timeline li { border-left: 4px solid #1f6b3a; padding: .1rem 0 .3rem 1.1rem; margin: 1.2rem 0; break-inside: avoid; }
.timeline li.no { border-color: #a11; }
.act { font-size: 1.05rem; }
.act b::first-letter { text-transform: uppercase; }
blockquote { margin: .6rem 0; padding: .5rem 1rem; background: #f6f5f2; font-size: 1.05rem; white-space: pre-line; }
.note { font-style: italic; color: #555; margin: .3rem 0; }
.hash, code, small { font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.hash { font-size: .72rem; color: #666; overflow-wrap: anywhere; margin: .4rem 0; }
small { font-size: .72rem; color: #666; overflow-wrap: anywhere; }
article { break-inside: avoid; }
.member + .member { border-top: 1px solid #1b1b1b; margin-top: 2.5rem; }
@media (max-width: 40rem) { main { margin: 0; padding: 1.2rem; } dl { grid-template-columns: 1fr; } }
@media print {
  :root { background: #fff; font-size: 11px; }
  main { margin: 0; padding: 0; max-width: none; box-shadow: none; }
  .member + .member { break-before: page; border: 0; }
  @page { size: A4; margin: 18mm; }
}
"""
