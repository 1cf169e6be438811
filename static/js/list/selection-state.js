// Which rows of a list are selected: ticked ones, or all that match the filters but the excepted.
// It holds ids and numbers only, and lives in the state of the page's place in the history: not in the browser's storage.

export const MOST_EXCEPTED = 1000;

/** What is selected under one question, the filters of a list. */
export class Selection {
  constructor(question, saved = {}) {
    this.question = question;
    this.isAll = Boolean(saved.isAll);
    this.total = saved.total ?? null;
    this.ids = new Set(saved.ids);
    this.excepted = new Set(saved.excepted);
  }

  get count() {
    return this.isAll ? this.total - this.excepted.size : this.ids.size;
  }

  has(id) {
    return this.isAll ? !this.excepted.has(id) : this.ids.has(id);
  }

  /** Select or leave out one row; false where no more rows can be excepted. */
  set(id, isSelected) {
    if (!this.isAll) {
      if (isSelected) this.ids.add(id);
      else this.ids.delete(id);
    } else if (isSelected) {
      this.excepted.delete(id);
    } else if (this.excepted.size < MOST_EXCEPTED) {
      this.excepted.add(id);
    } else {
      return false;
    }
    return true;
  }

  selectAll(total) {
    this.clear();
    this.isAll = true;
    this.total = total;
  }

  clear() {
    this.isAll = false;
    this.total = null;
    this.ids.clear();
    this.excepted.clear();
  }

  /** Return what can be kept in the history. */
  save() {
    const { question, isAll, total } = this;
    return { question, isAll, total, ids: [...this.ids], excepted: [...this.excepted] };
  }
}
