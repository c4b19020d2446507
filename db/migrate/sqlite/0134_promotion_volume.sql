-- +goose Up
-- Steps that go by all of a promotion's window: base is the price a line's step is a percentage of, volume what the step of a company goes by.
ALTER TABLE promotion_line ADD COLUMN base INTEGER NOT NULL DEFAULT 0;
ALTER TABLE promotion_seat ADD COLUMN volume INTEGER NOT NULL DEFAULT 0;
