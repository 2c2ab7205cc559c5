// Line charts as one SVG, that can be read on a light and on a dark page, and without colours: each series has its own
// colour, dashes and mark, and its name stands in the legend.
//   drawing([{title, x: {label, max, ticks}, y: {label, max, ticks}, series: [{name, style, points: [[x, y] …]}], lines: [{y, name}]}])
// `style` is a number, the same for the same thing in all panels.
const WIDTH = 760, PANEL = 310;
const LEFT = 64, RIGHT = 24, TOP = 72, BOTTOM = 46;
const PLOT = { width: WIDTH - LEFT - RIGHT, height: PANEL - TOP - BOTTOM };

const LIGHT = ['#0b62b0', '#1b7f4d', '#b34700'];
const DARK = ['#6db3f2', '#63cf98', '#f2a35e'];
const DASHES = ['', '7 4', '2 4'];
// Around the origin.
const MARKS = [
  '<circle r="3.6"/>',
  '<path d="M-3.6 -3.6h7.2v7.2h-7.2z"/>',
  '<path d="M0 -4.6L4.6 3.6H-4.6z"/>',
];

const colours = (of) => of.map((colour, n) => `.s${n}{stroke:${colour}}.m${n}{fill:${colour}}`).join('');
const STYLE = `text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:14px}.small{font-size:12px;fill:#57606a}
.grid{stroke:#d0d7de}.axis{stroke:#57606a}.hint{stroke:#57606a;stroke-dasharray:4 4}.line{fill:none;stroke-width:2}${colours(LIGHT)}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9da7b3}.grid{stroke:#3d444d}.axis,.hint{stroke:#9da7b3}${colours(DARK)}}`;

const n = (value) => String(Math.round(value * 10) / 10);
const escape = (text) => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
const text = (x, y, content, more = '') => `<text x="${n(x)}" y="${n(y)}" ${more}>${escape(content)}</text>`;

function axes({ x, y, lines = [] }, at) {
  const parts = [];
  for (const tick of y.ticks) {
    parts.push(`<path class="grid" d="M${LEFT} ${n(at.y(tick))}h${PLOT.width}"/>`);
    parts.push(text(LEFT - 8, at.y(tick) + 4, tick.toLocaleString('en'), 'class="small" text-anchor="end"'));
  }
  for (const tick of x.ticks) parts.push(text(at.x(tick), at.y(0) + 18, tick.toLocaleString('en'), 'class="small" text-anchor="middle"'));
  for (const { x: where, name } of lines)
    parts.push(`<path class="hint" d="M${n(at.x(where))} ${n(at.y(y.max))}V${n(at.y(0))}"/>`, text(at.x(where) + 5, at.y(y.max) + 12, name, 'class="small"'));
  parts.push(`<path class="axis" d="M${LEFT} ${n(at.y(0))}h${PLOT.width}"/>`);
  parts.push(text(LEFT + PLOT.width, at.y(0) + 36, x.label, 'class="small" text-anchor="end"'));
  return parts;
}

function series({ points, style, plain }, at) {
  const [first, ...rest] = points.map(([px, py]) => `${n(at.x(px))} ${n(at.y(py))}`);
  const marks = plain ? [] : points.map(([px, py]) => `<g class="m${style}" transform="translate(${n(at.x(px))} ${n(at.y(py))})">${MARKS[style]}</g>`);
  return [`<path class="line s${style}" stroke-dasharray="${DASHES[style]}" d="M${[first, ...rest].join('L')}"/>`, ...marks];
}

// As many in a line as fit.
function legend(all, top) {
  const parts = [];
  let x = LEFT, y = top;
  for (const { name, style } of all) {
    const width = 60 + name.length * 7;
    if (x > LEFT && x + width > WIDTH) [x, y] = [LEFT, y + 18];
    parts.push(`<path class="line s${style}" stroke-dasharray="${DASHES[style]}" d="M${x} ${y - 4}h30"/>`);
    parts.push(`<g class="m${style}" transform="translate(${x + 15} ${y - 4})">${MARKS[style]}</g>`);
    parts.push(text(x + 37, y, name, 'class="small"'));
    x += width;
  }
  return parts;
}

function panel(one, top) {
  const at = {
    x: (value) => LEFT + (value / one.x.max) * PLOT.width,
    y: (value) => top + TOP + PLOT.height - (Math.min(value, one.y.max) / one.y.max) * PLOT.height,
  };
  return [
    text(LEFT - 40, top + 18, one.title, 'class="title"'), ...legend(one.series, top + 40),
    ...axes(one, at), text(LEFT - 40, at.y(0) + 36, one.y.label, 'class="small"'), ...one.series.flatMap((each) => series(each, at)),
  ];
}

export function drawing(panels) {
  const height = panels.length * PANEL;
  const parts = panels.flatMap((one, i) => panel(one, i * PANEL));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escape(panels.map(({ title }) => title).join('; '))}</title>
<style>${STYLE}</style>
${parts.join('\n')}
</svg>
`;
}
