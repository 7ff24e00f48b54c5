import { Command } from "cmdk";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fuzzy } from "../../graph/search";
import { useActive, useStage } from "../../state/stage";
import { useStandings } from "../../state/standing";
import { socketClass } from "../../widgets/socket";
import { goToNode } from "../actions/view";
import { situation } from "../here";
import { setSession, useSession } from "../session";
import { titleAt } from "../titles";
import { Finder, Nothing } from "./Finder";

const close = () => setSession({ outline: false });
const MOST = 200;

/** All nodes of the graph as a list: for those that are not drawn, and for those who do not see the canvas. */
export function Outline() {
  const open = useSession((session) => session.outline);
  return open && <OutlineBox />;
}

function OutlineBox() {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const scene = useStage((stage) => stage.scene);
  const standings = useStandings(({ nodes }) => nodes);
  const prefix =
    useActive()
      ?.instances.map((each) => `${each}/`)
      .join("") ?? "";
  const at = situation();
  const rows = [...scene.nodes.values()].map((node) => ({ node, title: at ? titleAt(at, node.name) : node.name }));
  const typed = text.trim();
  const found = rows.filter(({ node, title }) => typed === "" || fuzzy(typed, `${title} ${node.name}`) !== null);
  return (
    <Finder
      label={t("outlineOf")}
      placeholder={t("outlineSearch")}
      text={text}
      onText={setText}
      listed={found.map(({ node }) => node.name)}
      onClose={close}
      testId="outline"
    >
      {found.slice(0, MOST).map(({ node, title }) => (
        <Command.Item
          key={node.name}
          className="hit"
          value={node.name}
          onSelect={() => {
            close();
            requestAnimationFrame(() => goToNode(node.name));
          }}
        >
          <i className={`glyph ${socketClass(node.signature.outputs[0]?.type ?? "*")}`} aria-hidden />
          <span className="clip">{title}</span>
          <span className="what clip">{node.name}</span>
          {standings.get(prefix + node.name)?.kind === "error" && <span className="into danger">{t("problems")}</span>}
        </Command.Item>
      ))}
      {rows.length === 0 && <Nothing>{t("outlineEmpty")}</Nothing>}
      {rows.length > 0 && found.length === 0 && <Nothing>{t("nothingFound", { text })}</Nothing>}
    </Finder>
  );
}
