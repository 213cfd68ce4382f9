export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8.5 16.8l5 5L23.8 10.6" />
    </svg>
  );
}
