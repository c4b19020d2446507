-- +goose Up
-- A call that grew large goes through a server that forwards: sfu_node is the node that does it, sfu_beat when that node last said so. Calls that ended are forgotten after a while.
ALTER TABLE room_call ADD COLUMN sfu INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room_call ADD COLUMN sfu_node TEXT NOT NULL DEFAULT '';
ALTER TABLE room_call ADD COLUMN sfu_beat INTEGER NOT NULL DEFAULT 0;
CREATE INDEX room_call_ended ON room_call (ended);
