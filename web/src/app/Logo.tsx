export function Logo() {
  return (
    <span className="logo" title="GraphFlow">
      <svg viewBox="0 0 22 22" role="img" aria-label="GraphFlow">
        <path className="logo-line" d="M6 6.5C12 6.5 10 15.5 16 15.5" />
        <circle className="logo-dot" cx="5" cy="6.5" r="3.5" />
        <path className="logo-end" d="M17 11l4.5 4.5L17 20l-4.5-4.5z" />
      </svg>
    </span>
  );
}
