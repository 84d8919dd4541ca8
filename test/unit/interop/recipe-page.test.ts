import { describe, expect, it } from "vitest";
import { filesOf } from "../../interop/recipes/page.ts";

const PAGE = `# A language

\`\`\`sh
run a.py
\`\`\`

**\`a.py\`**

\`\`\`python
print("a")

# the end
\`\`\`

**\`b.cs\`**

\`\`\`c#
b();
\`\`\`

A sentence about \`c.py\`.

\`\`\`python
c()
\`\`\`
`;

describe("the files of a recipe", () => {
  it("are the code blocks below a file's name in bold, letter by letter", () => {
    expect([...filesOf(PAGE)]).toEqual([
      ["a.py", 'print("a")\n\n# the end\n'],
      ["b.cs", "b();\n"],
    ]);
  });
});
