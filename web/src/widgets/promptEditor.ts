/**
 * The editor of a focused prompt, loaded only then. It lives in a shadow root: there its styles are adopted sheets, which
 * the content security policy allows, while those that it would put into the page are refused.
 */

import { autocompletion, completionKeymap, type CompletionContext } from "@codemirror/autocomplete";
import { defaultKeymap } from "@codemirror/commands";
import { EditorState, type Range } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  keymap,
  tooltips,
  ViewPlugin,
  type DecorationSet,
  type ViewUpdate,
} from "@codemirror/view";

import { embeddingBefore, spansOf, weighed } from "../graph/values/prompt";

export interface PromptGiven {
  readonly host: HTMLElement;
  readonly label: string;
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Read by a text encoder as it is, so that braces and slashes are no signs. */
  readonly prompt: boolean;
  readonly names: () => Promise<readonly string[]>;
  readonly onText: (text: string) => void;
  readonly onBlur: () => void;
  readonly onKey: (key: "undo" | "redo") => void;
}

export interface PromptEditor {
  /** What stands there now has come from elsewhere. */
  readonly show: (text: string) => void;
  readonly destroy: () => void;
}

export function openPrompt(given: PromptGiven): PromptEditor {
  const root = given.host.shadowRoot ?? given.host.attachShadow({ mode: "open" });
  let showing = false;
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: given.text,
      selection: { anchor: given.from, head: given.to },
      extensions: [
        keymap.of([
          { key: "Ctrl-ArrowUp", mac: "Cmd-ArrowUp", run: (target) => weigh(target, 1), preventDefault: true },
          { key: "Ctrl-ArrowDown", mac: "Cmd-ArrowDown", run: (target) => weigh(target, -1), preventDefault: true },
          { key: "Mod-z", run: () => told("undo"), preventDefault: true },
          { key: "Mod-Shift-z", run: () => told("redo"), preventDefault: true },
          { key: "Mod-y", run: () => told("redo"), preventDefault: true },
          ...completionKeymap,
          {
            key: "Escape",
            run: (target) => {
              target.contentDOM.blur();
              return true;
            },
          },
          // Ctrl+Enter runs the graph
          ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
        ]),
        EditorView.lineWrapping,
        drawSelection(),
        highlighting(given.prompt),
        autocompletion({ override: [(context) => complete(context, given.names)], icons: false }),
        tooltips({ parent: document.body }),
        EditorView.contentAttributes.of({ "aria-label": given.label, "aria-multiline": "true", spellcheck: "true" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !showing) given.onText(update.state.doc.toString());
        }),
        EditorView.domEventHandlers({ blur: () => given.onBlur() }),
        LOOK,
      ],
    }),
  });
  view.focus();
  return {
    show: (text) => {
      if (text === view.state.doc.toString()) return;
      showing = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      showing = false;
    },
    destroy: () => view.destroy(),
  };

  function told(key: "undo" | "redo"): boolean {
    given.onKey(key);
    return true;
  }
}

function weigh(view: EditorView, steps: number): boolean {
  const { from, to } = view.state.selection.main;
  const before = view.state.doc.toString();
  const next = weighed({ text: before, from, to }, steps);
  if (next.text !== before)
    view.dispatch({
      changes: { from: 0, to: before.length, insert: next.text },
      selection: { anchor: next.from, head: next.to },
      scrollIntoView: true,
    });
  return true;
}

async function complete(context: CompletionContext, names: PromptGiven["names"]) {
  const found = embeddingBefore(context.state.doc.toString(), context.pos);
  if (!found) return null;
  return { from: found.from, options: (await names()).map((label) => ({ label })), validFor: /^[^\s,:()]*$/ };
}

function highlighting(prompt: boolean) {
  const marks = (view: EditorView): DecorationSet =>
    Decoration.set(
      spansOf(view.state.doc.toString(), prompt).map(({ from, to, kind }): Range<Decoration> =>
        Decoration.mark({ class: `sign-${kind}` }).range(from, to),
      ),
      true,
    );
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;

      constructor(view: EditorView) {
        this.decorations = marks(view);
      }

      update(update: ViewUpdate) {
        if (update.docChanged) this.decorations = marks(update.view);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}

const LOOK = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", fontSize: "inherit", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "inherit", scrollbarWidth: "thin" },
  ".cm-content": { padding: "0", caretColor: "var(--accent)" },
  ".cm-line": { padding: "0" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "1.5px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--accent) 35%, transparent)",
  },
  ".sign-weight": { background: "var(--accent-wash)", borderRadius: "3px" },
  ".sign-embedding": { color: "var(--accent)" },
  ".sign-wildcard": { background: "var(--warning-wash)", borderRadius: "3px" },
  ".sign-comment, .sign-comment *": { color: "var(--text-3)", fontStyle: "italic" },
});
