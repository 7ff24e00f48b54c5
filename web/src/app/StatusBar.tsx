import { Play, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Autosave } from "../panels/bar/Autosave";
import { useStage } from "../state/stage";
import { useStandings } from "../state/standing";

/** How much there is, what runs and what is wrong, in one line. */
export function StatusBar() {
  const { t } = useTranslation();
  const count = useStage(({ scene }) => scene.nodes.size);
  const running = useStandings(({ nodes }) => [...nodes.values()].filter((each) => each.kind === "running").length);
  const wrong = useStandings(({ nodes }) => [...nodes.values()].filter((each) => each.kind === "error").length);
  if (count === 0) return null;
  return (
    <div className="float status" role="status">
      <span>
        <b>{count.toLocaleString()}</b> <span className="soft">{t("nodeCount", { count })}</span>
      </span>
      {running > 0 && (
        <span className="row tight">
          <Play className="icon sm filled accent" />
          <span className="soft">{t("running", { count: running })}</span>
        </span>
      )}
      {wrong > 0 && (
        <span className="row tight danger">
          <TriangleAlert className="icon sm" />
          {t("problemCount", { count: wrong })}
        </span>
      )}
      <Autosave />
    </div>
  );
}
