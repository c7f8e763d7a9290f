// Prints file:line:column of whatever is not Bicep in the files that it is given. It knows the grammar alone: no types, no names.
import { readFileSync } from 'node:fs';
import Parser from 'tree-sitter';
import Bicep from 'tree-sitter-bicep';

const parser = new Parser();
parser.setLanguage(Bicep);

for (const file of process.argv.slice(2)) {
  // In pieces, for the parser takes no text of over 32 kB at once.
  const text = readFileSync(file, 'utf8');
  const tree = parser.parse((index) => text.slice(index, index + 4096));
  for (const node of faults(tree.rootNode)) {
    console.log(`${file}:${node.startPosition.row + 1}:${node.startPosition.column + 1}`);
  }
}

function* faults(node) {
  if (node.isError || node.isMissing) yield node;
  else if (node.hasError) for (const child of node.children) yield* faults(child);
}
