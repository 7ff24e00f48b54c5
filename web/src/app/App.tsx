import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { Canvas } from "../editor/Canvas";
import { Dock } from "../panels/Dock";
import { LibraryPanel } from "../panels/LibraryPanel";
import { NodesPanel } from "../panels/NodesPanel";
import { offer } from "../state/actions";
import { load, useLibrary } from "../state/library";
import { change, useSettings } from "../state/settings";
import { useActive } from "../state/stage";
import type { PanelName } from "./panelNames";
import { Rail } from "./Rail";
import { StatusBar } from "./StatusBar";
import { TopBar } from "./TopBar";

export function App() {
  const [panel, setPanel] = useState<PanelName | null>(null);
  const dock = useSettings((settings) => settings.dock);
  useEffect(() => {
    const toggle = (name: PanelName) => () => setPanel((now) => (now === name ? null : name));
    return offer(
      { id: "panel.workflows", keys: ["Ctrl+O"], run: toggle("workflows") },
      { id: "panel.nodes", keys: ["N"], run: toggle("nodes") },
      { id: "viewGraph", keys: [], run: () => undefined },
      { id: "dock", keys: ["Q"], run: () => change({ dock: !useSettings.getState().dock }) },
    );
  }, []);
  const close = () => setPanel(null);
  return (
    <div className={`app${dock ? "" : " no-dock"}`}>
      <TopBar />
      <Rail panel={panel} />
      <main className="main">
        <Trouble />
        <ReactFlowProvider>
          <Canvas />
        </ReactFlowProvider>
        <EmptyGraph />
        <StatusBar />
        {panel === "workflows" && <LibraryPanel onClose={close} />}
        {panel === "nodes" && <NodesPanel onClose={close} />}
      </main>
      {dock && <Dock />}
    </div>
  );
}

/** A line under the top bar while something of the server is missing; editing goes on. */
function Trouble() {
  const { t } = useTranslation();
  const trouble = useLibrary((library) => library.trouble);
  if (!trouble) return null;
  return (
    <div className="trouble" role="alert">
      <span className="grow">{trouble.status === 0 ? t("offline") : trouble.message}</span>
      <button type="button" className="btn" onClick={() => void load()}>
        {t("tryAgain")}
      </button>
    </div>
  );
}

function EmptyGraph() {
  const { t } = useTranslation();
  const document = useActive();
  if (document && document.history.present.nodes.size > 0) return null;
  return (
    <div className="empty">
      <p>{t("emptyGraph")}</p>
      <p className="muted">{t("emptyGraphHint")}</p>
    </div>
  );
}
