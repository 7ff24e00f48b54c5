import { Check, Clock, EyeOff, RefreshCw, Spline, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Mode } from "../../graph/document/model";
import type { Standing } from "../../state/standing";
import { whyText } from "../../widgets/why";

interface Props {
  readonly standing: Standing | null;
  readonly mode: Mode | null;
}

/** Seconds; nobody wants to know of what took less how much it was. */
const LEAST = 0.1;

/** What hangs below a node: how it stands, in an icon and words. It lies in space that is free anyway. */
export function CardFoot({ standing, mode }: Props) {
  const { t } = useTranslation();
  if (mode === "mute") return <Foot icon={EyeOff} text={t("standing.muted")} />;
  // a bypassed node is wrong where nothing of its type can pass through
  if (mode === "bypass" && standing?.kind !== "error") return <Foot icon={Spline} text={t("standing.bypassed")} />;
  if (standing === null) return null;
  switch (standing.kind) {
    case "queued":
      return <Foot icon={Clock} text={t("standing.queued")} />;
    case "running": {
      if (standing.total === 0) return <Foot icon={null} text={t("standing.started")} />;
      const [done, total] = [String(standing.done), String(standing.total)];
      const seconds = standing.remaining === null ? null : String(Math.ceil(standing.remaining));
      return (
        <Foot
          icon={null}
          text={
            seconds === null
              ? t("standing.running", { done, total })
              : t("standing.runningLeft", { done, total, seconds })
          }
        />
      );
    }
    case "done": {
      const seconds = standing.seconds < LEAST ? `< ${LEAST}` : standing.seconds.toFixed(1);
      return <Foot icon={Check} text={t("standing.doneReason", { seconds, reason: whyText(t, standing.why) })} />;
    }
    case "cached":
      return <Foot icon={RefreshCw} text={t("standing.cached")} />;
    case "blocked":
      return <Foot icon={EyeOff} text={standing.reason ?? t("standing.blocked")} />;
    case "error":
      return <Foot icon={TriangleAlert} text={standing.message} />;
  }
}

function Foot({ icon: Icon, text }: { readonly icon: typeof Check | null; readonly text: string }) {
  return (
    <footer className="node-foot">
      {Icon && <Icon className="icon" />}
      {text}
    </footer>
  );
}
