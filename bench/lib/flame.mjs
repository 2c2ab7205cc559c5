// Stacks that `perf script` prints, counted; by part of the program; and as a flame graph.

// [{frames: [{name, dso}] from the outermost to the innermost}]
export function stacksOf(text) {
  return text.split('\n\n').map((block) => block.trim().split('\n').slice(1).map((line) => {
    const [, name, dso] = /^\s*[0-9a-f]+ (.+?)(?:\+0x[0-9a-f]+)? \((.*)\)$/.exec(line) ?? [];
    return { name: (name ?? '?').replace(/@.*|\.(constprop|isra|part)\.\d+/g, ''), dso: dso ?? '' };
  }).reverse()).filter((frames) => frames.length > 0).map((frames) => ({ frames }));
}

// The first rule that fits a frame, from the innermost outwards, says to which part a sample belongs; without one it is `rest`'s.
export function partsOf(stacks, rules, rest) {
  const counts = new Map();
  for (const { frames } of stacks) {
    const fits = frames.toReversed().map((frame) => rules.find(({ is }) => is(frame))).find(Boolean);
    const part = fits?.part ?? rest(frames.at(-1));
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  return [...counts].map(([part, count]) => ({ part, share: count / stacks.length })).sort((a, b) => b.share - a.share);
}

// ---- the graph ----

const WIDTH = 1200, ROW = 17, TOP = 40, LEAST = 0.0015; // of all: what is narrower is left out
const COLOURS = { kernel: '#d97b66', library: '#d9b25f', own: '#7fb08a' };
const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function treeOf(stacks) {
  const root = { name: 'all', count: 0, children: new Map() };
  for (const { frames } of stacks) {
    let node = root;
    node.count++;
    for (const { name, dso } of frames) {
      let child = node.children.get(name);
      if (!child) node.children.set(name, child = { name, dso, count: 0, children: new Map() });
      child.count++;
      node = child;
    }
  }
  return root;
}

// `kindOf` a frame: kernel, library or own.
export function flameGraph(stacks, title, kindOf) {
  const root = treeOf(stacks);
  const boxes = [];
  let depth = 0;
  const place = (node, x, level) => {
    depth = Math.max(depth, level);
    let at = x;
    for (const child of [...node.children.values()].sort((a, b) => a.name.localeCompare(b.name))) {
      if (child.count / root.count < LEAST) continue;
      boxes.push({ child, x: at, level });
      place(child, at, level + 1);
      at += child.count;
    }
  };
  place(root, 0, 0);
  const scale = WIDTH / root.count, height = TOP + (depth + 1) * ROW;
  const drawn = boxes.map(({ child, x, level }) => {
    const left = x * scale, width = child.count * scale, y = height - (level + 1) * ROW;
    const letters = Math.floor(width / 6.4);
    const label = letters > 3 ? `<text x="${(left + 3).toFixed(1)}" y="${y + 12}">${escape(child.name.slice(0, letters))}</text>` : '';
    return `<g><title>${escape(child.name)}, ${(100 * child.count / root.count).toFixed(1)} %</title><rect x="${left.toFixed(1)}" y="${y}" ` +
      `width="${Math.max(width - 0.4, 0.3).toFixed(1)}" height="${ROW - 1}" fill="${COLOURS[kindOf(child)]}"/>${label}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui,sans-serif" font-size="11">
<rect width="${WIDTH}" height="${height}" fill="#fff"/><text x="${WIDTH / 2}" y="18" text-anchor="middle" font-size="15">${escape(title)}</text>
<text x="${WIDTH / 2}" y="33" text-anchor="middle">green: ours, yellow: libraries, red: the kernel; a box's width is its share of the processor time</text>
${drawn.join('\n')}
</svg>
`;
}
