import { Menu } from "../../widgets/Menu";
import { setSession, useSession } from "../session";

const close = () => setSession({ menu: null });

/** The menu of what was clicked with the right button. */
export function CanvasMenu() {
  const menu = useSession((session) => session.menu);
  return menu && <Menu label={menu.label} at={menu.at} parts={menu.items} onClose={close} />;
}
