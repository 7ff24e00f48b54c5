import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { offer } from "../state/actions";
import { knowModels } from "../state/native";
import { useRegistry } from "../state/registry";
import { useStage } from "../state/stage";
import { arrangeActions } from "./actions/arrange";
import { followClipboard } from "./actions/clipboard";
import { colorActions, editActions, nodeActions, nudgeActions } from "./actions/edit";
import { subgraphActions } from "./actions/subgraphs";
import { followReveals, viewActions } from "./actions/view";
import { holdSpace } from "./gestures/lastSpot";
import { leaveAll } from "./session";

/** Offer everything that can be done on the canvas, for as long as it is shown. */
export function useEditorActions(): void {
  const { t } = useTranslation();
  useEffect(() => {
    return offer(...editorActions({ group: t("newGroup"), note: t("newNote"), subgraph: t("subgraph.newName") }));
  }, [t]);
  useEffect(followClipboard, []);
  useEffect(followSpace, []);
  useEffect(followPlace, []);
  useEffect(followReveals, []);
  useEffect(followTypes, []);
}

/** All of them; `texts` are what new things are called. */
export function editorActions(texts: { readonly group: string; readonly note: string; readonly subgraph: string }) {
  return [
    ...nodeActions(texts),
    ...editActions(),
    ...subgraphActions(texts),
    ...colorActions(),
    ...nudgeActions(),
    ...arrangeActions(),
    ...viewActions(),
  ];
}

/** Space makes a hand of the pointer while it is held on the canvas. */
function followSpace(): () => void {
  const change = (event: KeyboardEvent) => {
    if (event.key !== " ") return;
    const { target } = event;
    const free =
      target === document.body || (target instanceof Element && target.matches("[data-canvas], [data-node]"));
    if (event.type === "keydown" && !free) return;
    holdSpace(event.type === "keydown");
    document.querySelector("[data-canvas]")?.toggleAttribute("data-hand", event.type === "keydown");
    if (free) event.preventDefault();
  };
  const blur = () => holdSpace(false);
  window.addEventListener("keydown", change);
  window.addEventListener("keyup", change);
  window.addEventListener("blur", blur);
  return () => {
    window.removeEventListener("keydown", change);
    window.removeEventListener("keyup", change);
    window.removeEventListener("blur", blur);
  };
}

/** Once it is known what loads a model, ask which there are. */
function followTypes(): () => void {
  void knowModels();
  return useRegistry.subscribe(() => void knowModels());
}

/** What one was in the middle of ends when another graph is shown. */
function followPlace(): () => void {
  let of = useStage.getState().of;
  return useStage.subscribe((stage) => {
    if (stage.of !== of) leaveAll();
    of = stage.of;
  });
}
