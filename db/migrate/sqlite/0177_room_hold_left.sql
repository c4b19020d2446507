-- +goose Up
-- A hold outlives the company's place in the room: up to which number it could read, and when it went; 0: it never left.
ALTER TABLE room_hold ADD COLUMN upto INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room_hold ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
