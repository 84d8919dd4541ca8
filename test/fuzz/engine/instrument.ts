import ts from "typescript";

/** A file's code as JavaScript that counts its blocks, and the texts in it. */
export interface Instrumented {
  readonly code: string;
  /** Number of the block after the last one. */
  readonly nextBlock: number;
  readonly words: readonly string[];
}

/** Operators whose right side does not always run. */
const LOGICAL: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);

const COMPARING: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);

/** Methods that look for a text in another. */
const SEEKING = ["startsWith", "endsWith", "includes", "indexOf", "has", "get"];

/**
 * Puts a counter at the beginning of every function, branch, case, loop, catch, and right side of a logical operator; and
 * a report to each comparison. `firstBlock` is the number of the first counter, as all files of a bundle count in one list.
 */
export function instrumented(source: string, path: string, firstBlock: number): Instrumented {
  let nextBlock = firstBlock;
  const words = new Set<string>();
  const { factory } = ts;
  const probes = (): ts.Expression =>
    factory.createPropertyAccessExpression(factory.createIdentifier("globalThis"), "fuzzProbes");
  const count = (): ts.Expression =>
    factory.createPostfixIncrement(
      factory.createElementAccessExpression(
        factory.createPropertyAccessExpression(probes(), "hits"),
        nextBlock++,
      ),
    );
  const counted = (statement: ts.Statement): ts.Block =>
    ts.isBlock(statement)
      ? countedBlock(statement)
      : factory.createBlock([factory.createExpressionStatement(count()), statement], true);
  const countedBlock = (block: ts.Block): ts.Block =>
    factory.updateBlock(block, [factory.createExpressionStatement(count()), ...block.statements]);
  const countedExpression = (expression: ts.Expression): ts.Expression =>
    factory.createParenthesizedExpression(factory.createComma(count(), expression));

  const transformer: ts.TransformerFactory<ts.SourceFile> = (context) => {
    const visit: ts.Visitor = (node) => {
      if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
        return node;
      if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node;
      if (ts.isStringLiteral(node) && node.text.length > 1 && node.text.length <= 64) words.add(node.text);
      const inner = ts.visitEachChild(node, visit, context);
      if (
        (ts.isFunctionDeclaration(inner) ||
          ts.isFunctionExpression(inner) ||
          ts.isMethodDeclaration(inner)) &&
        inner.body !== undefined
      )
        return withBody(inner, countedBlock(inner.body));
      if (ts.isArrowFunction(inner)) {
        const body = ts.isBlock(inner.body) ? countedBlock(inner.body) : countedExpression(inner.body);
        return factory.updateArrowFunction(
          inner,
          inner.modifiers,
          inner.typeParameters,
          inner.parameters,
          inner.type,
          inner.equalsGreaterThanToken,
          body,
        );
      }
      if (ts.isIfStatement(inner)) {
        const otherwise = inner.elseStatement ?? factory.createBlock([]);
        return factory.updateIfStatement(
          inner,
          inner.expression,
          counted(inner.thenStatement),
          ts.isIfStatement(otherwise) ? otherwise : counted(otherwise),
        );
      }
      if (ts.isConditionalExpression(inner))
        return factory.updateConditionalExpression(
          inner,
          inner.condition,
          inner.questionToken,
          countedExpression(inner.whenTrue),
          inner.colonToken,
          countedExpression(inner.whenFalse),
        );
      if (ts.isBinaryExpression(inner)) return binary(inner);
      if (ts.isCaseClause(inner))
        return factory.updateCaseClause(inner, inner.expression, [
          factory.createExpressionStatement(count()),
          ...inner.statements,
        ]);
      if (ts.isDefaultClause(inner))
        return factory.updateDefaultClause(inner, [
          factory.createExpressionStatement(count()),
          ...inner.statements,
        ]);
      if (ts.isForStatement(inner))
        return factory.updateForStatement(
          inner,
          inner.initializer,
          inner.condition,
          inner.incrementor,
          counted(inner.statement),
        );
      if (ts.isForOfStatement(inner))
        return factory.updateForOfStatement(
          inner,
          inner.awaitModifier,
          inner.initializer,
          inner.expression,
          counted(inner.statement),
        );
      if (ts.isWhileStatement(inner))
        return factory.updateWhileStatement(inner, inner.expression, counted(inner.statement));
      if (ts.isCatchClause(inner))
        return factory.updateCatchClause(inner, inner.variableDeclaration, countedBlock(inner.block));
      if (ts.isCallExpression(inner)) return seeking(inner);
      return inner;
    };
    return (file) => ts.visitNode(file, visit) as ts.SourceFile;
  };

  const { outputText } = ts.transpileModule(source, {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      isolatedModules: true,
    },
    transformers: { before: [transformer] },
  });
  return { code: outputText, nextBlock, words: [...words] };

  function withBody(
    node: ts.FunctionDeclaration | ts.FunctionExpression | ts.MethodDeclaration,
    body: ts.Block,
  ): ts.Node {
    if (ts.isFunctionDeclaration(node))
      return factory.updateFunctionDeclaration(
        node,
        node.modifiers,
        node.asteriskToken,
        node.name,
        node.typeParameters,
        node.parameters,
        node.type,
        body,
      );
    if (ts.isFunctionExpression(node))
      return factory.updateFunctionExpression(
        node,
        node.modifiers,
        node.asteriskToken,
        node.name,
        node.typeParameters,
        node.parameters,
        node.type,
        body,
      );
    return factory.updateMethodDeclaration(
      node,
      node.modifiers,
      node.asteriskToken,
      node.name,
      node.questionToken,
      node.typeParameters,
      node.parameters,
      node.type,
      body,
    );
  }

  function binary(node: ts.BinaryExpression): ts.Expression {
    const { left, operatorToken, right } = node;
    const { kind } = operatorToken;
    if (LOGICAL.has(kind))
      return factory.updateBinaryExpression(node, left, operatorToken, countedExpression(right));
    // The two sides are evaluated twice: only what has no effect and is quick.
    if (!COMPARING.has(kind) || !isSimple(left) || !isSimple(right) || isUninteresting(right)) return node;
    const compared = factory.createCallExpression(
      factory.createPropertyAccessExpression(probes(), "compare"),
      undefined,
      [left, right, factory.createNumericLiteral(nextBlock)],
    );
    return factory.createParenthesizedExpression(factory.createComma(compared, node));
  }

  function seeking(call: ts.CallExpression): ts.Expression {
    const [argument, ...others] = call.arguments;
    const { expression } = call;
    if (argument === undefined || others.length > 1 || !ts.isPropertyAccessExpression(expression))
      return call;
    if (!SEEKING.includes(expression.name.text) || ts.isSpreadElement(argument)) return call;
    const reported = factory.createCallExpression(
      factory.createPropertyAccessExpression(probes(), "sought"),
      undefined,
      [argument],
    );
    return factory.updateCallExpression(call, expression, call.typeArguments, [reported, ...others]);
  }
}

function isSimple(node: ts.Expression): boolean {
  if (ts.isIdentifier(node) || ts.isStringLiteral(node)) return true;
  if (ts.isElementAccessExpression(node))
    return isSimple(node.expression) && isSimple(node.argumentExpression);
  return ts.isPropertyAccessExpression(node) && isSimple(node.expression);
}

/** Comparisons that tell nothing about a text. */
function isUninteresting(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && node.text === "undefined";
}
