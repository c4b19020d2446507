-- +goose Up
-- Engagements: what several companies do together to win one customer. A seat is a company in one; lane is the view in which it lists it: invited, open, over. What a company keeps to itself is engagement_section alone; others read revisions of snapshots.
CREATE TABLE engagement (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL, source_key TEXT NOT NULL, state TEXT NOT NULL, shown INTEGER NOT NULL, title TEXT NOT NULL, customer TEXT NOT NULL, purpose TEXT NOT NULL,
  teaser TEXT NOT NULL, country TEXT NOT NULL, band TEXT NOT NULL, about_kind TEXT NOT NULL, about_id TEXT NOT NULL, about_number TEXT NOT NULL, first_org TEXT NOT NULL, outcome TEXT NOT NULL, comment TEXT NOT NULL,
  made INTEGER NOT NULL, made_by TEXT NOT NULL, closed INTEGER NOT NULL, closed_by TEXT NOT NULL
);
CREATE UNIQUE INDEX engagement_number ON engagement (number);
CREATE UNIQUE INDEX engagement_source ON engagement (owner_id, source_key) WHERE source_key <> '';
CREATE TABLE engagement_seat (
  id TEXT PRIMARY KEY, engagement_id TEXT NOT NULL REFERENCES engagement(id), org_id TEXT NOT NULL REFERENCES org(id), owner_id TEXT NOT NULL REFERENCES org(id), role TEXT NOT NULL, state TEXT NOT NULL, lane TEXT NOT NULL,
  supplies INTEGER NOT NULL, message TEXT NOT NULL, invited INTEGER NOT NULL, invited_by TEXT NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, joined INTEGER NOT NULL, left_at INTEGER NOT NULL,
  reason TEXT NOT NULL, comment TEXT NOT NULL, changed INTEGER NOT NULL
);
CREATE UNIQUE INDEX engagement_seat_org ON engagement_seat (engagement_id, org_id);
CREATE INDEX engagement_seat_lane ON engagement_seat (org_id, lane, changed, id);
CREATE INDEX engagement_seat_all ON engagement_seat (org_id, changed, id);
CREATE INDEX engagement_seat_owner ON engagement_seat (owner_id, org_id);
CREATE TABLE engagement_section (
  engagement_id TEXT NOT NULL REFERENCES engagement(id), org_id TEXT NOT NULL REFERENCES org(id), body TEXT NOT NULL, version INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (engagement_id, org_id)
);
CREATE TABLE engagement_template (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, fields TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL
);
CREATE UNIQUE INDEX engagement_template_name ON engagement_template (org_id, name);
CREATE TABLE engagement_snapshot (
  id TEXT PRIMARY KEY, engagement_id TEXT NOT NULL REFERENCES engagement(id), org_id TEXT NOT NULL REFERENCES org(id), body TEXT NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL
);
CREATE INDEX engagement_snapshot_of ON engagement_snapshot (engagement_id, org_id, made);
CREATE TABLE engagement_reader (
  snapshot_id TEXT NOT NULL REFERENCES engagement_snapshot(id), org_id TEXT NOT NULL REFERENCES org(id), engagement_id TEXT NOT NULL REFERENCES engagement(id), from_id TEXT NOT NULL REFERENCES org(id), rev INTEGER NOT NULL, made INTEGER NOT NULL,
  PRIMARY KEY (snapshot_id, org_id)
);
CREATE UNIQUE INDEX engagement_reader_rev ON engagement_reader (engagement_id, from_id, org_id, rev);
CREATE TABLE engagement_split (
  id TEXT PRIMARY KEY, engagement_id TEXT NOT NULL REFERENCES engagement(id), number INTEGER NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL, note TEXT NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL,
  made_org TEXT NOT NULL REFERENCES org(id), agreed INTEGER NOT NULL
);
CREATE UNIQUE INDEX engagement_split_number ON engagement_split (engagement_id, number);
CREATE UNIQUE INDEX engagement_split_open ON engagement_split (engagement_id) WHERE state = 'open';
CREATE UNIQUE INDEX engagement_split_agreed ON engagement_split (engagement_id) WHERE state = 'agreed';
CREATE TABLE engagement_party (
  split_id TEXT NOT NULL REFERENCES engagement_split(id), org_id TEXT NOT NULL REFERENCES org(id), engagement_id TEXT NOT NULL REFERENCES engagement(id), part INTEGER NOT NULL CHECK (part BETWEEN 0 AND 10000), hash TEXT NOT NULL,
  number INTEGER NOT NULL, state TEXT NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, comment TEXT NOT NULL, PRIMARY KEY (split_id, org_id)
);
CREATE INDEX engagement_party_of ON engagement_party (engagement_id);
CREATE TABLE engagement_task (
  id TEXT PRIMARY KEY, engagement_id TEXT NOT NULL REFERENCES engagement(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL, title TEXT NOT NULL, due_on TEXT NOT NULL, done INTEGER NOT NULL, done_by TEXT NOT NULL,
  made_org TEXT NOT NULL REFERENCES org(id), made_by TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX engagement_task_of ON engagement_task (engagement_id, made);
CREATE TABLE engagement_handover (
  id TEXT PRIMARY KEY, engagement_id TEXT NOT NULL REFERENCES engagement(id), from_id TEXT NOT NULL REFERENCES org(id), to_id TEXT NOT NULL REFERENCES org(id), what TEXT NOT NULL, note TEXT NOT NULL, due_on TEXT NOT NULL, state TEXT NOT NULL,
  made INTEGER NOT NULL, made_by TEXT NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, comment TEXT NOT NULL
);
CREATE INDEX engagement_handover_of ON engagement_handover (engagement_id, made);
-- +goose StatementBegin
CREATE TRIGGER engagement_snapshot_fixed BEFORE UPDATE ON engagement_snapshot BEGIN SELECT RAISE(ABORT, 'a snapshot never changes'); END;
-- +goose StatementEnd
CREATE TABLE engagement_search (
  doc INTEGER PRIMARY KEY, seat_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE VIRTUAL TABLE engagement_search_fts USING fts5 (words, content='engagement_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
-- +goose StatementBegin
CREATE TRIGGER engagement_search_insert AFTER INSERT ON engagement_search BEGIN INSERT INTO engagement_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER engagement_search_delete AFTER DELETE ON engagement_search BEGIN INSERT INTO engagement_search_fts (engagement_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER engagement_search_update AFTER UPDATE ON engagement_search BEGIN
  INSERT INTO engagement_search_fts (engagement_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO engagement_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
-- +goose StatementEnd
