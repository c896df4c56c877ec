/**
 * Cutting a graph: which nodes a tensor needs, which tensors all of a path goes through, and the smaller model
 * between some inputs and some outputs.
 *
 *   feeds ──► a ──► b ──► c ──► d ──► result        slice(result, stop at c) = { d }
 *                   └────────► d                    c is no cut (b passes by it), b is one
 */
import { ModelError } from '../../core/errors.ts';
import { attributesOf, type OnnxGraph, type OnnxModel, type OnnxValue, renameTensors } from './proto.ts';

/** A graph with an index from a tensor's name to the node that computes it. */
export interface IndexedGraph extends OnnxGraph {
  readonly producer: ReadonlyMap<string, number>;
  /** What each node reads, tensors caught by its subgraphs (If, Loop) included. */
  readonly reads: readonly (readonly string[])[];
  /** The inputs somebody has to feed: those that are no initializers. */
  readonly feeds: readonly OnnxValue[];
  readonly hasSubgraphs: boolean;
}

export function indexGraph(graph: OnnxGraph): IndexedGraph {
  const producer = new Map<string, number>();
  graph.nodes.forEach(({ outputs }, index) => {
    for (const output of outputs) if (output) producer.set(output, index);
  });
  const caught = graph.nodes.map((node) => [...attributesOf(node).values()].flatMap(({ graphs }) => graphs));
  const stored = new Set(graph.initializers.map(({ name }) => name));
  return {
    ...graph,
    producer,
    reads: graph.nodes.map(({ inputs }, index) => [...inputs.filter(Boolean), ...caught[index].flatMap(freeNames)]),
    feeds: graph.inputs.filter(({ name }) => !stored.has(name)),
    hasSubgraphs: caught.some((graphs) => graphs.length > 0),
  };
}

/** What computing some tensors takes when others are given: nodes by index, ascending, and names from outside. */
export interface Slice {
  readonly nodes: readonly number[];
  /** Graph inputs, initializers and given tensors that are read. */
  readonly sources: ReadonlySet<string>;
}

export function slice(graph: IndexedGraph, wanted: readonly string[], given: readonly string[] = []): Slice {
  const stop = new Set(given);
  const sources = new Set<string>();
  const nodes = new Set<number>();
  const queue = [...wanted];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const node = stop.has(name) ? undefined : graph.producer.get(name);
    if (node === undefined) sources.add(name);
    else if (!nodes.has(node)) {
      nodes.add(node);
      queue.push(...graph.reads[node]);
    }
  }
  return { nodes: [...nodes].sort((a, b) => a - b), sources };
}

/** The nodes whose result changes with a tensor. */
export function dependents(graph: IndexedGraph, name: string): ReadonlySet<number> {
  const touched = new Set([name]);
  const nodes = new Set<number>();
  graph.nodes.forEach(({ outputs }, index) => {
    if (!graph.reads[index].some((read) => touched.has(read))) return;
    nodes.add(index);
    for (const output of outputs) touched.add(output);
  });
  return nodes;
}

/**
 * The tensors every path from an input to the results goes through, first to last: cutting the graph at one of them
 * leaves two models with nothing else between them. `free` reads (of a batch size, which both sides know) are no path.
 */
export function cuts(
  graph: IndexedGraph,
  from: string,
  results: readonly string[],
  free: ReadonlySet<number> = new Set(),
): string[] {
  const open: IndexedGraph = { ...graph, reads: graph.reads.map((reads, node) => (free.has(node) ? [] : reads)) };
  const path = dependents(open, from);
  const needed = new Set(slice(open, results).nodes);
  return graph.nodes
    .flatMap(({ outputs }, index) => (path.has(index) && needed.has(index) ? outputs : []))
    .filter((name) => name && !results.includes(name) && !slice(open, results, [name]).sources.has(from));
}

/** The model that computes `outputs` from `inputs`, keeping only the nodes and weights it needs. */
export function subModel(
  model: OnnxModel,
  graph: IndexedGraph,
  inputs: readonly OnnxValue[],
  outputs: readonly OnnxValue[],
): OnnxModel {
  const given = inputs.map(({ name }) => name);
  const wanted = outputs.map(({ name }) => name);
  const { nodes, sources } = slice(graph, wanted, given);
  const kept = nodes.map((index) => graph.nodes[index]);
  const made = new Set([...kept.flatMap(({ outputs }) => outputs), ...given]);
  const initializers = graph.initializers.filter(({ name }) => sources.has(name) && !made.has(name));
  const stored = new Set(initializers.map(({ name }) => name));
  const unmet = [...sources].find((name) => !made.has(name) && !stored.has(name));
  if (unmet !== undefined)
    throw new ModelError('model_invalid', `The part of the model from ${given} to ${wanted} also reads "${unmet}".`);
  return {
    ...model,
    graph: {
      nodes: kept,
      initializers,
      inputs: [...inputs, ...graph.inputs.filter(({ name }) => stored.has(name))],
      outputs,
      values: graph.values.filter(({ name }) => made.has(name) && !given.includes(name) && !wanted.includes(name)),
      rest: graph.rest,
    },
  };
}

/** The model with a tensor called otherwise, wherever it is. Not for graphs with subgraphs. */
export function renameTensor({ graph, ...model }: OnnxModel, value: OnnxValue, renamed: OnnxValue): OnnxModel {
  const names = new Map([[value.name, renamed.name]]);
  const swap = (values: readonly OnnxValue[]): OnnxValue[] =>
    values.map((other) => (other.name === value.name ? renamed : other));
  return {
    ...model,
    graph: {
      ...graph,
      nodes: graph.nodes.map((node) => renameTensors(node, names)),
      inputs: swap(graph.inputs),
      outputs: swap(graph.outputs),
    },
  };
}

/** The names a subgraph takes from the graph around it. */
function freeNames({ nodes, inputs, initializers, outputs }: OnnxGraph): string[] {
  const own = new Set([...nodes.flatMap(({ outputs }) => outputs), ...[...inputs, ...initializers].map((v) => v.name)]);
  const inner = nodes.flatMap((node) => [...attributesOf(node).values()].flatMap(({ graphs }) => graphs));
  const read = [...nodes.flatMap(({ inputs }) => inputs), ...inner.flatMap(freeNames), ...outputs.map((v) => v.name)];
  return read.filter((name) => name && !own.has(name));
}
