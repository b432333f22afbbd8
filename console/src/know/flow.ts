// Where the nodes and ribbons of a flow stand: a column for each step, the largest on top. Pure
// functions.

import type { PathEdge, PathsAnswer } from '../api/wire';

export interface FlowNode {
  step: number;
  name: string;
  count: number;
  x: number;
  y: number;
  height: number;
}

export interface Ribbon {
  edge: PathEdge;
  from: FlowNode;
  to: FlowNode;
  fromY: number;
  toY: number;
  thick: number;
}

export interface Flow {
  nodes: FlowNode[];
  ribbons: Ribbon[];
  steps: number[];
}

export const NODE_WIDTH = 10;
const GAP = 22;
const TOP = 30;
const THIN = 1.5;

const key = (step: number, name: string) => `${step} ${name}`;

export function flowOf(answer: PathsAnswer, width: number, height: number): Flow {
  const steps = [...new Set(answer.nodes.map((node) => node.step))].sort((a, b) => a - b);
  const columns = steps.map((step) =>
    answer.nodes.filter((node) => node.step === step).sort((a, b) => b.count - a.count),
  );
  const room = height - TOP - 12;
  // One scale for all columns: the fullest one decides how tall a person is.
  const unit = Math.min(
    ...columns.map((column) => {
      const sum = column.reduce((all, node) => all + node.count, 0);
      return (room - GAP * (column.length - 1)) / Math.max(1, sum);
    }),
  );
  const across = steps.length > 1 ? (width - NODE_WIDTH - 150) / (steps.length - 1) : 0;
  const nodes = new Map<string, FlowNode>();
  columns.forEach((column, at) => {
    let y = TOP;
    for (const node of column) {
      const tall = Math.max(THIN, node.count * unit);
      nodes.set(key(node.step, node.name), { ...node, x: at * across, y, height: tall });
      y += tall + GAP;
    }
  });
  return { nodes: [...nodes.values()], ribbons: ribbonsOf(answer, nodes, unit, steps), steps };
}

function ribbonsOf(
  answer: PathsAnswer,
  nodes: Map<string, FlowNode>,
  unit: number,
  steps: number[],
): Ribbon[] {
  const left = new Map<FlowNode, number>();
  const right = new Map<FlowNode, number>();
  const next = (step: number) => steps[steps.indexOf(step) + 1] ?? step + 1;
  const ends = answer.edges
    .map((edge) => ({
      edge,
      from: nodes.get(key(edge.step, edge.from)),
      to: nodes.get(key(next(edge.step), edge.to)),
    }))
    .filter((each) => each.from && each.to) as { edge: PathEdge; from: FlowNode; to: FlowNode }[];
  // Ribbons leave and arrive in the order of what they join, so that few cross.
  const out: Ribbon[] = [];
  for (const each of ends.sort((a, b) => a.from.y - b.from.y || a.to.y - b.to.y)) {
    const thick = Math.max(THIN, each.edge.count * unit);
    const fromY = each.from.y + (right.get(each.from) ?? 0);
    right.set(each.from, (right.get(each.from) ?? 0) + each.edge.count * unit);
    out.push({ ...each, fromY, toY: 0, thick });
  }
  for (const each of [...out].sort((a, b) => a.to.y - b.to.y || a.from.y - b.from.y)) {
    each.toY = each.to.y + (left.get(each.to) ?? 0);
    left.set(each.to, (left.get(each.to) ?? 0) + each.edge.count * unit);
  }
  return out.sort((a, b) => a.edge.step - b.edge.step || b.edge.count - a.edge.count);
}

/** The outline of a ribbon. */
export function ribbonPath({ from, to, fromY, toY, thick }: Ribbon): string {
  const [x1, x2] = [from.x + NODE_WIDTH, to.x];
  const middle = (x1 + x2) / 2;
  const [a, b] = [fromY + thick, toY + thick];
  return (
    `M${x1},${fromY}C${middle},${fromY} ${middle},${toY} ${x2},${toY}` +
    `L${x2},${b}C${middle},${b} ${middle},${a} ${x1},${a}Z`
  );
}
