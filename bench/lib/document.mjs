// docs/PERFORMANCE.md has a section for each bench, and some that people write.  Each bench writes its own and leaves the others.
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';

const HEAD = `# Performance

\`./dev bench\` measures this and writes it here: our programs and a peer on Node.js, in turns on one machine.
`;
// Those of a bench, in this order; a section that people wrote stays where it is.
const ORDER = ['The road', 'Where the router\'s time goes', 'What the broker pays', 'Overload', 'The edge alone'];
const NUMBERS = ['no', 'one', 'two', 'three', 'four'];

export const machine = () => `${NUMBERS[os.cpus().length] ?? os.cpus().length} cores, Linux ${os.release().split('.').slice(0, 2).join('.')}, Node.js ${process.versions.node}`;

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return HEAD;
  }
}

const titleOf = (section) => /^## (.*)/.exec(section)[1];

// Replaces the section of that title, or adds it before those that come after it.
export function writeSection(file, title, text) {
  const [head, ...sections] = read(file).split(/^(?=## )/m);
  const section = `## ${title}\n\n${text.trim()}\n`;
  const isLater = (each) => ORDER.indexOf(titleOf(each)) > ORDER.indexOf(title);
  const at = sections.findIndex((each) => titleOf(each) === title);
  const later = sections.findIndex(isLater);
  if (at >= 0) sections[at] = section;
  else sections.splice(later >= 0 ? later : sections.length, 0, section);
  writeFileSync(file, [head, ...sections].map((part) => `${part.trim()}\n`).join('\n'));
}
