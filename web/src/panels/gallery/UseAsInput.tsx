import { useTranslation } from "react-i18next";

import { graphAt } from "../../graph/document/graphs";
import { EMPTY_WORKFLOW, type InputRef, type Scope, type Workflow } from "../../graph/document/model";
import { NOTHING_SELECTED } from "../../graph/edit/clipboard";
import { addNode } from "../../graph/edit/nodes";
import { setValue } from "../../graph/edit/values";
import { portLabel, signatureOf } from "../../graph/types/signature";
import type { Registry } from "../../graph/types/nodeType";
import { edit, openDocument, scopeOf, useDocuments } from "../../state/documents";
import { copyToInputs } from "../../state/gallery";
import { editAndSelect } from "../../state/gesture";
import { openMaskOnArtifact } from "../../state/masking";
import { goTo } from "../../state/place";
import { useRegistry } from "../../state/registry";
import { useActive } from "../../state/stage";
import type { Artifact } from "../../wire/schema.gen";
import { Menu } from "../parts/Menu";

const LOADER = "LoadImage";
const ROOM = 40;

/** Give a picture to the open graph: to an input that takes one, or to a new node that loads it. */
export function UseAsInput({ picture }: { readonly picture: Artifact }) {
  const { t } = useTranslation();
  const registry = useRegistry((known) => known.registry);
  const active = useActive();
  const places = active ? placesFor(active.history.present, scopeOf(active), registry) : [];
  const put = async (at: InputRef | null) => {
    const name = await copyToInputs(picture);
    if (name === undefined) return;
    if (at) edit("useAsInput", (workflow, scope) => setValue(workflow, scope, at, name));
    else addLoader(registry, name);
    goTo({ view: "graph" });
  };
  return (
    <Menu
      label={t("galleryView.useAsInput")}
      className="large grow"
      items={[
        ...places.map(({ title, at }) => ({
          label: `${title}, ${portLabel(at.input)}`,
          onPick: () => void put(at),
        })),
        ...(places.length > 0 ? (["line"] as const) : []),
        {
          label: t("galleryView.newLoader"),
          disabled: !registry.byName.has(LOADER),
          onPick: () => void put(null),
        },
        {
          label: t("masking.open"),
          disabled: !registry.byName.has(LOADER),
          onPick: () => {
            if (active === null) openDocument({ name: null, workflow: EMPTY_WORKFLOW });
            openMaskOnArtifact(picture.sha256, picture.name);
          },
        },
      ]}
    >
      {t("galleryView.useAsInput")}
    </Menu>
  );
}

interface Taker {
  readonly title: string;
  readonly at: InputRef;
}

/** The inputs of the graph that take a picture from a file. */
function placesFor(workflow: Workflow, scope: Scope, registry: Registry): readonly Taker[] {
  return [...graphAt(workflow, scope).nodes].flatMap(([name, node]) => {
    const signature = signatureOf(workflow, scope, name, registry);
    return signature.inputs.flatMap((input): readonly Taker[] =>
      input.widget?.kind === "file" && input.widget.folder === "input"
        ? [{ title: node.title ?? signature.label, at: { node: name, input: input.name } }]
        : [],
    );
  });
}

function addLoader(registry: Registry, file: string): void {
  const type = registry.byName.get(LOADER);
  const input = type?.inputs.find((each) => each.widget?.kind === "file");
  if (!type || !input) return;
  if (useDocuments.getState().active === null) openDocument({ name: null, workflow: EMPTY_WORKFLOW });
  editAndSelect("useAsInput", (workflow, scope) => {
    const view = [...graphAt(workflow, scope).view.values()];
    const x = Math.min(0, ...view.map((each) => each.x));
    const y = Math.min(0, ...view.map((each) => each.y));
    const at = view.length === 0 ? { x: 0, y: 0 } : { x: x - 240 - ROOM, y };
    const inputs = new Map([[input.name, file]]);
    const added = addNode(workflow, scope, { type: type.id, version: type.version, at, inputs });
    return { workflow: added.workflow, selection: { ...NOTHING_SELECTED, nodes: new Set([added.name]) } };
  });
}
