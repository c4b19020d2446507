-- +goose Up
-- Style is how a company's files look in a partnership: separator, decimal mark, titles
-- of columns, partner numbers of an IDoc. It stands in a row of kind 'style'.
ALTER TABLE edi_route ADD COLUMN style TEXT NOT NULL DEFAULT '';
