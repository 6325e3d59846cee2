// What a reader did on this page, kept in the browser: an object under a name, read and written as a whole.
window.pageMemory = (name) => {
  const key = `${name}:${location.pathname}`;
  return {
    read() {
      try {
        return JSON.parse(localStorage.getItem(key)) ?? {};
      } catch {
        return {}; // storage is switched off or holds something else: start afresh
      }
    },
    write(content) {
      try {
        localStorage.setItem(key, JSON.stringify(content));
      } catch {
        // storage is switched off: all works, and is forgotten
      }
    },
  };
};
