// How `./dev bench overload` tells what it measured.
import { machine } from './document.mjs';

const STYLES = { most: 0, slow: 0, least: 1, node: 2, 'node-slow': 2 };
const figure = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1));
const percent = (value) => `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;
const line = (cells) => `| ${cells.join(' | ')} |`;

function curvesPanel(title, subjects, { curves }) {
  const all = subjects.filter(({ name }) => curves[name]);
  return {
    title,
    x: { label: 'offered, times the capacity', max: 4.1, ticks: [0, 0.5, 1, 1.5, 2, 3, 4] },
    y: { label: 'answered within 5 s, of the capacity', max: 1.1, ticks: [0, 0.25, 0.5, 0.75, 1] },
    series: all.map(({ name, title: series }) => ({
      name: `${series} (${figure(curves[name].capacity)} a second)`,
      style: STYLES[name],
      points: [[0, 0], ...curves[name].points.map(({ factor, inTime }) => [factor, factor * inTime])],
    })),
  };
}

function changesPanel(subjects, { changes }) {
  const all = subjects.filter(({ name }) => changes[name]);
  const { perS, phasesS: [fast, slow, again] } = changes[all[0].name];
  return {
    title: `A handler of 20 ms that takes 200 ms for ${slow} s; ${figure(perS)} requests a second`,
    x: { label: 'seconds', max: fast + slow + again, ticks: [0, fast, fast + slow, fast + slow + again] },
    y: { label: 'answered within 5 s, a second', max: perS * 1.5, ticks: [0, 50, 100, 150, 200] },
    lines: [{ x: fast, name: '200 ms' }, { x: fast + slow, name: '20 ms' }],
    series: all.map(({ name, title: series }) => ({
      name: series, style: STYLES[name], plain: true, points: changes[name].inTime.map((value, second) => [second + 1, value]),
    })),
  };
}

export function panelsOf(subjects, measured) {
  const [slow, fast] = [subjects.filter(({ isSlow }) => isSlow), subjects.filter(({ isSlow }) => !isSlow)];
  const panels = [];
  if (fast.length > 0) panels.push(curvesPanel('A handler that does nothing', fast, measured));
  if (slow.length > 0) panels.push(curvesPanel('A handler that takes 20 ms, four at once', slow, measured), changesPanel(slow, measured));
  return panels;
}

// The part of each load that is answered in time; both are parts of the capacity.
export function curvesTable(subjects, { curves }) {
  const { points } = curves[subjects[0].name];
  return [
    line(['answered in time, of the capacity; offered:', ...points.map(({ factor }) => `${factor} ×`)]),
    `|---|${'---:|'.repeat(points.length)}`,
    ...subjects.map(({ name, title, isSlow }) => line([`${title}, ${isSlow ? '20 ms' : 'nothing to do'}`, ...curves[name].points.map(({ factor, inTime }) => (factor * inTime).toFixed(2))])),
  ].join('\n');
}

// Twice the capacity, and what is left of it later.
export function twiceTable(subjects, { curves, shares }) {
  const lines = [
    line(['twice the capacity is offered', 'capacity, a second', 'answered in time, of the capacity', 'refused', 'refused, p99 ms', 'too late or never', 'p99 ms', 'at the lowest load, p99 ms',
      '8 s later, half of the capacity: answered in time', 'p99 ms', 'of ten addresses one sends half: the least that another one gets of its fair share']),
    `|---|${'---:|'.repeat(10)}`,
  ];
  for (const { name, title, isSlow } of subjects) {
    const { capacity, points, later } = curves[name];
    const at = points.find(({ factor }) => factor === 2);
    lines.push(line([`${title}, ${isSlow ? '20 ms' : 'nothing to do'}`, figure(capacity), percent(2 * at.inTime), percent(at.refused), at.refused ? figure(at.refusedP99) : '',
      percent(at.timeout + at.unanswered + at.other), figure(at.p99), figure(points[0].p99), percent(later.inTime), figure(later.p99),
      percent(Math.min(...shares[name].slice(1)))]));
  }
  return lines.join('\n');
}

export const about = (text, { version }) => `Requests come at a rate of their own, whatever becomes of those before (\`./dev bench overload\`): how many are answered while somebody still waits, which
is 5 s by default. Measured on ${machine()}, RabbitMQ ${version}.

![answered in time against offered load](overload.svg)

${text}

- **Capacity** is how many round trips a second a system does with 1,024 under way; with the handler of 20 ms, what four at once can do. Each curve is in
  parts of its own capacity, 1 on both axes.
- A fair share is a tenth of all that is answered, or all that an address sends where that is less.
- Requests leave 256 sockets at equal intervals. Those that are due in the first 6 s of a load are not counted: by then a queue that grows is longer than anybody waits.
- The handler of 20 ms sleeps, as one that asks a database over four connections: on one of Warren's four workers, and of four at once in Node.js.
`;
