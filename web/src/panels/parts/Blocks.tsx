import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

const LATER = 200;

interface Props {
  /** The shape of what comes. */
  readonly shape: "rows" | "tiles" | "cards";
  readonly count?: number;
}

/** Grey blocks where something is still loading; they come only when it takes long enough to be noticed. */
export function Blocks({ shape, count = 6 }: Props) {
  const { t } = useTranslation();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), LATER);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <div className={`blocks ${shape}`} role="status" aria-label={t("loading")}>
      {Array.from({ length: count }, (_, index) => (
        <i key={index} />
      ))}
    </div>
  );
}
