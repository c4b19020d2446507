-- +goose Up
-- Tasks made of messages. They hold no words of their own: what is to be done is what the message says, for as long as it stands.
CREATE TABLE room_task (
  id TEXT PRIMARY KEY, room_id TEXT NOT NULL REFERENCES room(id), seq INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), due TEXT NOT NULL, made INTEGER NOT NULL, made_org TEXT NOT NULL REFERENCES org(id), made_by TEXT NOT NULL REFERENCES person(id), client_key TEXT NOT NULL,
  done INTEGER NOT NULL, done_org TEXT NOT NULL, done_by TEXT NOT NULL, UNIQUE (made_by, client_key)
);
CREATE INDEX room_task_room ON room_task (room_id, seq);
CREATE INDEX room_task_open ON room_task (person_id, org_id, due, id) WHERE done = 0;
