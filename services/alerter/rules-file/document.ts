// YAML as plain data that still knows its lines.
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";

/** Keys and indices from the top. */
export type Path = readonly (string | number)[];

export interface Lines {
  /** Counted from 1: of what stands at the path, or of the nearest thing around it. */
  lineOf(path: Path): number;
}

export interface RulesDocument extends Lines {
  readonly value: unknown;
}

/** Rules are written by people: more text than this is none. */
const mostCharacters = 1 << 20;

const keyOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key);

const startOf = (node: unknown): number | undefined => (node as Partial<Node> | null)?.range?.[0];

/** Reads one YAML 1.2 document; what breaks YAML's own rules comes as complete messages. */
export const readDocument = (text: string, file: string): RulesDocument | { readonly broken: readonly string[] } => {
  if (text.length > mostCharacters) return { broken: [`${file}:1: is longer than a MiB: expected rules`] };
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, logLevel: "silent" });
  const lineAt = (offset: number): number => Math.max(1, counter.linePos(offset).line);
  const troubles = [...document.errors, ...document.warnings];
  if (troubles.length > 0)
    return { broken: troubles.map(({ pos: [from], message }) => `${file}:${lineAt(from)}: is not YAML: ${message}`) };

  let value: unknown;
  try {
    // Aliases of aliases could grow without end: yaml refuses above a hundred.
    value = document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    return { broken: [`${file}:1: is not YAML: ${thrown instanceof Error ? thrown.message : String(thrown)}`] };
  }

  const lineOf = (path: Path): number => {
    let node: unknown = document.contents;
    let offset = startOf(node) ?? 0;
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        const pair: Pair | undefined = node.items.find((item) => keyOf(item) === String(part));
        if (pair === undefined) break;
        offset = startOf(pair.key) ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        const item: unknown = node.items[Number(part)];
        if (item === undefined) break;
        offset = startOf(item) ?? offset;
        node = item;
      } else break;
    }
    return lineAt(offset);
  };
  return { value, lineOf };
};
