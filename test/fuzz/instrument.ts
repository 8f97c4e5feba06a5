// Counts how often each branch of the project's own code is taken: the fuzzer keeps what reaches new ones, and their sum
// is the work an input makes, in steps instead of milliseconds. Modules are rewritten as they are loaded.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = join(import.meta.dirname, "..", "..");
const counted = /^(shared|bridge|extension|test\/fuzz\/planted)\/.*\.tsx?$/;
const capacity = 65_536;

/** What has been counted, and what the code that was loaded is made of. */
export interface Counters {
  /** One number a branch. */
  readonly counts: Uint32Array;
  /** Branches in the modules loaded so far. */
  readonly used: () => number;
  /** Branches by file, as [first, behind the last]. */
  readonly files: ReadonlyMap<string, readonly [number, number]>;
  /** Text literals of the loaded code: words that parsers look for. */
  readonly words: ReadonlySet<string>;
}

declare global {
  /** Where rewritten modules count. */
  var waybillCounts: Uint32Array;
}

/** Rewrites one module's text; `next` hands out the numbers of branches. */
function instrument(text: string, file: string, next: () => number, words: Set<string>): string {
  const { factory } = ts;
  const count = (): ts.Expression =>
    factory.createPostfixIncrement(
      factory.createElementAccessExpression(factory.createIdentifier("waybillCounts"), next()),
    );
  const counting = (): ts.Statement => factory.createExpressionStatement(count());
  const before = (expression: ts.Expression): ts.Expression =>
    factory.createParenthesizedExpression(factory.createComma(count(), expression));
  const block = (statement: ts.Statement): ts.Block =>
    factory.createBlock([counting(), ...(ts.isBlock(statement) ? statement.statements : [statement])], true);
  const shortCircuits: ReadonlySet<ts.SyntaxKind> = new Set([
    ts.SyntaxKind.AmpersandAmpersandToken,
    ts.SyntaxKind.BarBarToken,
    ts.SyntaxKind.QuestionQuestionToken,
    ts.SyntaxKind.AmpersandAmpersandEqualsToken,
    ts.SyntaxKind.BarBarEqualsToken,
    ts.SyntaxKind.QuestionQuestionEqualsToken,
  ]);

  function branches(node: ts.Node, parent: ts.Node): ts.Node {
    if (ts.isIfStatement(node)) {
      const other = node.elseStatement === undefined ? undefined : block(node.elseStatement);
      return factory.updateIfStatement(node, node.expression, block(node.thenStatement), other);
    }
    if (ts.isForStatement(node)) {
      const { initializer, condition, incrementor, statement } = node;
      return factory.updateForStatement(node, initializer, condition, incrementor, block(statement));
    }
    if (ts.isForOfStatement(node)) {
      return factory.updateForOfStatement(
        node,
        node.awaitModifier,
        node.initializer,
        node.expression,
        block(node.statement),
      );
    }
    if (ts.isWhileStatement(node)) return factory.updateWhileStatement(node, node.expression, block(node.statement));
    if (ts.isDoStatement(node)) return factory.updateDoStatement(node, block(node.statement), node.expression);
    if (ts.isCaseClause(node)) return factory.updateCaseClause(node, node.expression, [counting(), ...node.statements]);
    if (ts.isDefaultClause(node)) return factory.updateDefaultClause(node, [counting(), ...node.statements]);
    if (ts.isCatchClause(node)) return factory.updateCatchClause(node, node.variableDeclaration, block(node.block));
    if (ts.isConditionalExpression(node)) {
      const { condition, questionToken, whenTrue, colonToken, whenFalse } = node;
      return factory.updateConditionalExpression(
        node,
        condition,
        questionToken,
        before(whenTrue),
        colonToken,
        before(whenFalse),
      );
    }
    if (ts.isBinaryExpression(node) && shortCircuits.has(node.operatorToken.kind)) {
      return factory.updateBinaryExpression(node, node.left, node.operatorToken, before(node.right));
    }
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = node;
      return factory.updateArrowFunction(
        node,
        modifiers,
        typeParameters,
        parameters,
        type,
        equalsGreaterThanToken,
        before(body),
      );
    }
    return ts.isBlock(node) && ts.isFunctionLike(parent) ? block(node) : node;
  }

  const transformer: ts.TransformerFactory<ts.SourceFile> = (context) => {
    const visit = (node: ts.Node, parent: ts.Node): ts.Node => {
      if (ts.isStringLiteralLike(node) && node.text.length > 1 && node.text.length <= 40) words.add(node.text);
      if (ts.isRegularExpressionLiteral(node)) {
        for (const [word] of node.text.matchAll(/[A-Za-z][A-Za-z0-9=-]{2,}/g)) words.add(word);
      }
      if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return node;
      return branches(
        ts.visitEachChild(node, (child) => visit(child, node), context),
        parent,
      );
    };
    return (source) => ts.visitEachChild(source, (child) => visit(child, source), context);
  };
  return ts.transpileModule(text, {
    fileName: file,
    transformers: { before: [transformer] },
    compilerOptions: {
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.ESNext,
      jsx: ts.JsxEmit.ReactJSX,
      jsxImportSource: "preact",
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
  }).outputText;
}

/** From now on modules count as they are loaded. Once a thread. */
export function countBranches(): Counters {
  const counts = new Uint32Array(capacity);
  const files = new Map<string, readonly [number, number]>();
  const words = new Set<string>();
  let used = 0;
  globalThis.waybillCounts = counts;
  process.setSourceMapsEnabled(true);
  registerHooks({
    load(url, context, nextLoad) {
      const file = url.startsWith("file:") ? relative(root, fileURLToPath(url)).replaceAll(sep, "/") : "";
      if (!counted.test(file)) return nextLoad(url, context);
      const first = used;
      const next = (): number => {
        if (used === capacity) throw new RangeError(`more than ${capacity} branches`);
        used += 1;
        return used - 1;
      };
      const source = instrument(readFileSync(join(root, file), "utf8"), file, next, words);
      files.set(file, [first, used]);
      return { format: "module", source, shortCircuit: true };
    },
  });
  return { counts, used: () => used, files, words };
}
