-- +goose Up
-- What can be done with a message. Each deed takes a number of the room as a row of kind 'act'; told_seq is the latest number that is none.
ALTER TABLE room ADD COLUMN told_seq INTEGER NOT NULL DEFAULT 0;
UPDATE room SET told_seq = last_seq;
CREATE INDEX message_act ON message (room_id, seq) WHERE kind = 'act';
CREATE INDEX message_thread ON message (room_id, thread, seq) WHERE thread > 0;
CREATE TABLE message_reaction (
  room_id TEXT NOT NULL, seq INTEGER NOT NULL, emoji TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), made INTEGER NOT NULL, PRIMARY KEY (room_id, seq, emoji, person_id)
);
CREATE TABLE message_mention (
  room_id TEXT NOT NULL, seq INTEGER NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), PRIMARY KEY (room_id, seq, person_id, org_id)
);
CREATE TABLE message_pin (
  room_id TEXT NOT NULL, seq INTEGER NOT NULL, person_id TEXT NOT NULL, org_id TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (room_id, seq)
);
CREATE TABLE room_draft (
  room_id TEXT NOT NULL REFERENCES room(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL, text TEXT NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (room_id, person_id, org_id)
);
-- A file belongs to a message once seq is set; before, only who brought it sees it.
CREATE TABLE room_file (
  id TEXT PRIMARY KEY, room_id TEXT NOT NULL REFERENCES room(id), seq INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, removed INTEGER NOT NULL
);
CREATE INDEX room_file_message ON room_file (room_id, seq);
CREATE TABLE message_search (
  doc INTEGER PRIMARY KEY, room_id TEXT NOT NULL, seq INTEGER NOT NULL, words TEXT NOT NULL, UNIQUE (room_id, seq)
);
CREATE VIRTUAL TABLE message_search_fts USING fts5 (words, content='message_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
-- +goose StatementBegin
CREATE TRIGGER message_search_insert AFTER INSERT ON message_search BEGIN INSERT INTO message_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER message_search_delete AFTER DELETE ON message_search BEGIN INSERT INTO message_search_fts (message_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER message_search_update AFTER UPDATE ON message_search BEGIN
  INSERT INTO message_search_fts (message_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO message_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
-- +goose StatementEnd
-- How long a company keeps what its people wrote (0: always), and what it must not lose: kept rows are copies for the company under a hold.
CREATE TABLE talk_policy (
  org_id TEXT PRIMARY KEY REFERENCES org(id), keep_days INTEGER NOT NULL, person_id TEXT NOT NULL, changed INTEGER NOT NULL
);
CREATE TABLE room_hold (
  room_id TEXT NOT NULL REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL, reason TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (room_id, org_id)
);
CREATE TABLE message_kept (
  room_id TEXT NOT NULL, seq INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), text TEXT NOT NULL, files TEXT NOT NULL, kept INTEGER NOT NULL, PRIMARY KEY (room_id, seq, org_id, kept)
);
CREATE INDEX message_author ON message (author_org, happened) WHERE kind = 'message' AND removed = 0;
