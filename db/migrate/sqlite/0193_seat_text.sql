-- +goose Up
-- The text of a programme for a partner that later ones are without; an empty title is that of the programme.
ALTER TABLE fund_seat ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_seat ADD COLUMN from_on TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_seat ADD COLUMN until_on TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_seat ADD COLUMN zone TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_seat ADD COLUMN claim_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fund_seat ADD COLUMN proof TEXT NOT NULL DEFAULT '';
