-- Tables of version 1 with what someone had stored in them: what an upgrade starts from.
CREATE SCHEMA IF NOT EXISTS mailwidgets;
CREATE TABLE IF NOT EXISTS mailwidgets.schema_version (version integer PRIMARY KEY);
CREATE TABLE IF NOT EXISTS mailwidgets.document (
    level text NOT NULL CHECK (level IN ('company', 'user', 'workstation')),
    id text NOT NULL,
    revision bigint NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (level, id),
    CHECK ((level = 'company') = (id = ''))
);
CREATE TABLE IF NOT EXISTS mailwidgets.history (
    level text NOT NULL,
    id text NOT NULL,
    revision bigint NOT NULL,
    commit_id text NOT NULL,
    at timestamptz NOT NULL,
    "by" text NOT NULL,
    record jsonb NOT NULL,
    PRIMARY KEY (level, id, revision)
);
CREATE TABLE IF NOT EXISTS mailwidgets.people (
    role text PRIMARY KEY,
    id text NOT NULL DEFAULT '',
    admin boolean NOT NULL DEFAULT false,
    workstations boolean NOT NULL DEFAULT false
);
CREATE OR REPLACE FUNCTION mailwidgets.own_id(asking text) RETURNS text
    STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'SELECT p.id FROM mailwidgets.people AS p WHERE p.role = asking';
CREATE OR REPLACE FUNCTION mailwidgets.is_admin(asking text) RETURNS boolean
    STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'SELECT count(*) > 0 FROM mailwidgets.people AS p WHERE p.role = asking AND p.admin';
CREATE OR REPLACE FUNCTION mailwidgets.sets_workstations(asking text) RETURNS boolean
    STABLE LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'SELECT count(*) > 0 FROM mailwidgets.people AS p
        WHERE p.role = asking AND (p.admin OR p.workstations)';
ALTER TABLE mailwidgets.document ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailwidgets.history ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailwidgets.people ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reading ON mailwidgets.document;
CREATE POLICY reading ON mailwidgets.document FOR SELECT USING (((SELECT mailwidgets.is_admin(CAST(current_user AS text)))) OR (level <> 'user' AND (SELECT mailwidgets.own_id(CAST(current_user AS text))) IS NOT NULL) OR (level = 'user' AND id = (SELECT mailwidgets.own_id(CAST(current_user AS text)))));
DROP POLICY IF EXISTS adding ON mailwidgets.document;
CREATE POLICY adding ON mailwidgets.document FOR INSERT WITH CHECK (((SELECT mailwidgets.is_admin(CAST(current_user AS text)))) OR (level = 'user' AND id = (SELECT mailwidgets.own_id(CAST(current_user AS text)))) OR (level = 'workstation' AND (SELECT mailwidgets.sets_workstations(CAST(current_user AS text)))));
DROP POLICY IF EXISTS changing ON mailwidgets.document;
CREATE POLICY changing ON mailwidgets.document FOR UPDATE USING (((SELECT mailwidgets.is_admin(CAST(current_user AS text)))) OR (level = 'user' AND id = (SELECT mailwidgets.own_id(CAST(current_user AS text)))) OR (level = 'workstation' AND (SELECT mailwidgets.sets_workstations(CAST(current_user AS text))))) WITH CHECK (((SELECT mailwidgets.is_admin(CAST(current_user AS text)))) OR (level = 'user' AND id = (SELECT mailwidgets.own_id(CAST(current_user AS text)))) OR (level = 'workstation' AND (SELECT mailwidgets.sets_workstations(CAST(current_user AS text)))));
DROP POLICY IF EXISTS reading ON mailwidgets.history;
CREATE POLICY reading ON mailwidgets.history FOR SELECT USING (((SELECT mailwidgets.is_admin(CAST(current_user AS text)))) OR (level <> 'user' AND (SELECT mailwidgets.own_id(CAST(current_user AS text))) IS NOT NULL) OR (level = 'user' AND id = (SELECT mailwidgets.own_id(CAST(current_user AS text)))));
DROP POLICY IF EXISTS adding ON mailwidgets.history;
CREATE POLICY adding ON mailwidgets.history FOR INSERT WITH CHECK (((SELECT mailwidgets.is_admin(CAST(current_user AS text)))) OR (level = 'user' AND id = (SELECT mailwidgets.own_id(CAST(current_user AS text)))) OR (level = 'workstation' AND (SELECT mailwidgets.sets_workstations(CAST(current_user AS text)))));
DROP POLICY IF EXISTS reading ON mailwidgets.people;
CREATE POLICY reading ON mailwidgets.people FOR SELECT
    USING (role = CAST(current_user AS text) OR (SELECT mailwidgets.is_admin(CAST(current_user AS text))));
DROP POLICY IF EXISTS adding ON mailwidgets.people;
CREATE POLICY adding ON mailwidgets.people FOR INSERT WITH CHECK ((SELECT mailwidgets.is_admin(CAST(current_user AS text))));
DROP POLICY IF EXISTS changing ON mailwidgets.people;
CREATE POLICY changing ON mailwidgets.people FOR UPDATE USING ((SELECT mailwidgets.is_admin(CAST(current_user AS text)))) WITH CHECK ((SELECT mailwidgets.is_admin(CAST(current_user AS text))));
DROP POLICY IF EXISTS removing ON mailwidgets.people;
CREATE POLICY removing ON mailwidgets.people FOR DELETE USING ((SELECT mailwidgets.is_admin(CAST(current_user AS text))));
GRANT USAGE ON SCHEMA mailwidgets TO PUBLIC;
GRANT SELECT ON mailwidgets.schema_version TO PUBLIC;
GRANT SELECT, INSERT, UPDATE ON mailwidgets.document TO PUBLIC;
GRANT SELECT, INSERT ON mailwidgets.history TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON mailwidgets.people TO PUBLIC;
INSERT INTO mailwidgets.schema_version (version) VALUES (1);
INSERT INTO mailwidgets.document (level, id, revision, content) VALUES
    ('company', '', 1, '{"format": 2, "commit": "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
        "settings": {"pop3": {"timeout": 30}}, "locks": {"pop3": {"port": "policy"}}}'),
    ('user', 'ana', 2, '{"format": 2, "id": "ana", "commit": "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "settings": {"pop3": {"port": 995, "password": {"sealed": "v1:00000000:AAAA"}}},
        "later": {"kept": [1, 2.5, null]}}');
INSERT INTO mailwidgets.history (level, id, revision, commit_id, at, "by", record) VALUES
    ('company', '', 1, '0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a', '2026-10-01T08:00:00+00', 'eva',
        '{"commit": "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", "at": "2026-10-01T08:00:00+00:00",
        "by": "eva", "places": [["company", ""], ["user", "ana"]], "edits":
        [{"setting": "pop3.timeout", "before": null, "after": 30},
         {"setting": "pop3.port", "before": null, "after": "policy", "lock": true}]}'),
    ('user', 'ana', 1, '0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a', '2026-10-01T08:00:00+00', 'eva',
        '{"commit": "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", "at": "2026-10-01T08:00:00+00:00",
        "by": "eva", "places": [["company", ""], ["user", "ana"]], "edits":
        [{"setting": "pop3.port", "before": null, "after": 110}]}'),
    ('user', 'ana', 2, '0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b', '2026-10-02T09:30:00+00', 'ana',
        '{"commit": "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "at": "2026-10-02T09:30:00+00:00",
        "by": "ana", "why": "TLS", "edits":
        [{"setting": "pop3.port", "before": 110, "after": 995},
         {"setting": "pop3.password", "before": null, "after": "set"}]}');
INSERT INTO mailwidgets.people (role, id, admin) VALUES ('eva', 'eva', true);
