import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// From the ground up: a folder may import those before it, and none after it.
const LAYERS = [["wire", "i18n"], ["graph"], ["state"], ["widgets"], ["editor", "panels"], ["app"]];

const zones = LAYERS.flatMap((floor, height) => {
  const above = LAYERS.slice(height + 1).flat();
  return floor
    .map((target) => ({
      target: `./src/${target}`,
      from: [...above, ...floor.filter((each) => each !== target)].map((each) => `./src/${each}`),
      message: `${target}/ stands below it or beside it: see LAYERS in eslint.config.js`,
    }))
    .filter((zone) => zone.from.length > 0);
});

export default tseslint.config(
  { ignores: ["node_modules/", "dist/", "src/wire/schema.gen.ts"] },
  {
    files: ["src/**/*.{ts,tsx}", "tests/**/*.ts", "*.config.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    plugins: { "import-x": importX, "react-hooks": hooks },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: {
      "import-x/resolver-next": [createTypeScriptImportResolver()],
      // without these no-cycle looks into no file of ours, and says nothing
      "import-x/extensions": [".ts", ".tsx"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts", ".tsx"] },
    },
    rules: {
      ...hooks.configs.recommended.rules,
      "import-x/no-cycle": "error",
      "import-x/no-unresolved": ["error", { ignore: ["\\?url$", "\\?worker$"] }],
      "import-x/no-restricted-paths": ["error", { zones }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-restricted-imports": ["error", { patterns: ["../../../*"] }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-definitions": "off", // a union beside an interface reads better as two types
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      eqeqeq: "error",
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", { max: 60, skipComments: true, skipBlankLines: true }],
      complexity: ["error", { max: 12, variant: "modified" }], // a switch counts once
    },
  },
  {
    files: ["src/graph/**/*.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          paths: ["react", "react-dom", "zustand", "@xyflow/react"].map((name) => ({
            name,
            message: "graph/ is pure",
          })),
        },
      ],
    },
  },
  {
    files: ["**/*.tsx"],
    rules: { "max-lines-per-function": ["error", { max: 90, skipComments: true, skipBlankLines: true }] },
  },
  {
    files: ["**/*.test.{ts,tsx}", "tests/**/*.ts"],
    rules: { "max-lines-per-function": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
  { files: ["*.config.ts"], rules: { "import-x/no-unresolved": "off" } },
);
