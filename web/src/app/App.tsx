import { ReactFlowProvider } from "@xyflow/react";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";

import { Canvas } from "../editor/Canvas";
import { addListed } from "../editor/search/listed";
import { EMPTY_WORKFLOW } from "../graph/document/model";
import type { NodeType } from "../graph/types/nodeType";
import { ConnectionLine } from "../panels/bar/ConnectionLine";
import { useHouseActions } from "../panels/bar/useHouseActions";
import { Dock } from "../panels/Dock";
import { FirstVisit } from "../panels/first/FirstVisit";
import { FormView } from "../panels/form/FormView";
import { ConflictDialog } from "../panels/library/ConflictDialog";
import { DropZone } from "../panels/library/DropZone";
import { LibraryPanel } from "../panels/library/LibraryPanel";
import { Naming } from "../panels/library/Naming";
import { ModelsPanel } from "../panels/models/ModelsPanel";
import { NodesPanel } from "../panels/NodesPanel";
import { Toaster } from "../panels/notices/Toaster";
import { SettingsDialog } from "../panels/settings/SettingsDialog";
import { activeDocument, openDocument, useDocuments } from "../state/documents";
import { useLibrary } from "../state/library";
import { useMasking } from "../state/masking";
import { goTo, usePlace } from "../state/place";
import { useSettings } from "../state/settings";
import { Rail } from "./Rail";
import { StatusBar } from "./StatusBar";
import { TopBar } from "./TopBar";

const MaskView = lazy(async () => ({ default: (await import("../panels/mask/MaskView")).MaskView }));
const Gallery = lazy(async () => ({ default: (await import("../panels/gallery/Gallery")).Gallery }));

export function App() {
  const view = usePlace((place) => place.view);
  const nothing = useDocuments(({ open }) => open.length === 0);
  const dock = useSettings((settings) => settings.dock) && view === "graph" && !nothing;
  useHouseActions();
  usePageTitle();
  return (
    <div className={`app view-${view}${dock ? "" : " no-dock"}`}>
      <TopBar />
      <Rail />
      <main className="main">
        <ConnectionLine />
        <PageHead />
        {/* It stays where it is behind the other views: what one looked at is there again at once. */}
        <div className="graph-view" inert={view !== "graph" || nothing}>
          <ReactFlowProvider>
            <Canvas />
          </ReactFlowProvider>
          <EmptyGraph />
          <StatusBar />
        </div>
        {nothing && view !== "gallery" && <FirstVisit />}
        {view === "form" && !nothing && <FormView />}
        {view === "gallery" && (
          <Suspense fallback={null}>
            <Gallery />
          </Suspense>
        )}
        <SidePanel />
      </main>
      {dock && <Dock />}
      <Masking />
      <Dialogs />
      <DropZone />
      <Toaster />
    </div>
  );
}

/** The mask editor, over everything but the bar and the rail. */
function Masking() {
  const open = useMasking((state) => state.open !== null);
  return (
    open && (
      <Suspense fallback={null}>
        <MaskView />
      </Suspense>
    )
  );
}

/** What this page is, for those who hear it; the other views have a title of their own. */
function PageHead() {
  const { t } = useTranslation();
  const view = usePlace((place) => place.view);
  const nothing = useDocuments(({ open }) => open.length === 0);
  if (view === "form" || (view === "graph" && nothing)) return null;
  return <h1 className="unseen">{t(view)}</h1>;
}

function SidePanel() {
  const panel = usePlace((place) => place.panel);
  const close = () => goTo({ panel: null });
  switch (panel) {
    case null:
      return null;
    case "workflows":
      return <LibraryPanel onClose={close} />;
    case "nodes":
      return <NodesPanel onAdd={addNode} onClose={close} />;
    case "models":
      return <ModelsPanel onClose={close} />;
  }
}

/** Nodes are added to the graph that one sees; where none is open, to a new one. */
function addNode(type: NodeType): void {
  if (useDocuments.getState().active === null) openDocument({ name: null, workflow: EMPTY_WORKFLOW });
  goTo({ view: "graph" });
  addListed(type);
}

function Dialogs() {
  const dialog = usePlace((place) => place.dialog);
  return (
    <>
      <ConflictDialog />
      <Naming />
      {dialog === "settings" && <SettingsDialog onClose={() => goTo({ dialog: null })} />}
    </>
  );
}

function EmptyGraph() {
  const { t } = useTranslation();
  const empty = useDocuments((state) => activeDocument(state)?.history.present.nodes.size === 0);
  const loaded = useLibrary((library) => library.loaded);
  if (!empty || !loaded) return null;
  return (
    <div className="empty">
      <p>{t("emptyGraph")}</p>
      <p className="muted">{t("emptyGraphHint")}</p>
    </div>
  );
}

/** The tab of the browser says which workflow is open. */
function usePageTitle(): void {
  const { t } = useTranslation();
  const name = useDocuments((state) => {
    const active = activeDocument(state);
    return active && (active.history.present.name ?? active.name ?? "");
  });
  useEffect(() => {
    document.title = name === null ? t("app") : `${name === "" ? t("untitled") : name} – ${t("app")}`;
  }, [name, t]);
}
