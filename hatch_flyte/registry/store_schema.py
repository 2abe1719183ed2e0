"""The tables of the local registry's file, format by format: each step makes the next format of the one before.

A file of an older format is brought to the newest when it is opened. A step that was released is never changed.
"""

from __future__ import annotations

from typing import Final

APPLICATION: Final = 0x68666C79  # "hfly"
"""Marks the file as a local registry's, as `application_id`."""

_FORMAT_1: Final = """
CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    identifier TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    labels BLOB,
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE TABLE entities (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    created_at INTEGER NOT NULL UNIQUE,
    type TEXT NOT NULL,
    short_description TEXT NOT NULL,
    schedule_type TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 0,
    workflow_id INTEGER REFERENCES entities (id),
    brief BLOB NOT NULL,
    whole BLOB,
    UNIQUE (kind, project, domain, name, version)
);
CREATE UNIQUE INDEX one_active_version ON entities (kind, project, domain, name) WHERE active;
INSERT INTO projects (identifier, name, description, state, created_at, updated_at)
    VALUES ('flytesnacks', 'flytesnacks', '', 0, 1000000 * strftime('%s'), 1000000 * strftime('%s'));
"""
"""Times are microseconds since 1970. `brief` is what a list shows, `whole` what a Get answers where that is more.
The first project is the one that every new control plane has."""

_FORMAT_2: Final = """
CREATE TABLE descriptions (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    short_description TEXT NOT NULL,
    long_description BLOB NOT NULL,
    link TEXT NOT NULL,
    UNIQUE (project, domain, name, version, kind)
);
INSERT INTO descriptions (kind, project, domain, name, version, created_at, short_description, long_description, link)
    SELECT kind, project, domain, name, version, created_at, short_description, x'', '' FROM entities
    WHERE short_description <> '' ORDER BY id;
CREATE TABLE names (
    kind INTEGER NOT NULL,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    state INTEGER NOT NULL,
    PRIMARY KEY (kind, project, domain, name)
) WITHOUT ROWID;
CREATE TABLE attributes (
    id INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    workflow TEXT NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (resource, project, domain, workflow)
);
CREATE INDEX newest ON entities (kind, project, domain, created_at);
CREATE INDEX newest_of_name ON entities (kind, project, domain, name, created_at);
CREATE INDEX of_version ON entities (kind, project, domain, version, created_at);
CREATE INDEX newest_active ON entities (kind, project, domain, created_at) WHERE active;
"""
"""What is said of versions and of names, what is set for projects, and indexes for what clients list: the newest of a
place or of a name, all of a version, and what is active. Of an older file's descriptions the short ones are left."""

STEPS: Final = (_FORMAT_1, _FORMAT_2)
"""What makes each format of the one before; the first, of an empty file."""

FORMAT: Final = len(STEPS)
"""The format written here, kept in the file as `user_version`."""
