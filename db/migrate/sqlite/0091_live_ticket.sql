-- +goose Up
-- Tickets for the live socket, by their hash, where several nodes serve one address.
CREATE TABLE live_ticket (
  hash TEXT PRIMARY KEY, identity TEXT NOT NULL, expires INTEGER NOT NULL
);
CREATE INDEX live_ticket_expires ON live_ticket (expires);
