-- $1 the day, $2 the team
SELECT convert_to(json_build_object('actions', (
  SELECT json_build_object(
    'nodes', coalesce(json_agg(json_build_object(
      'id', 'Action:' || x.id,
      'title', x.title,
      'dueOn', x.due_on,
      'overdue', x.due_on < $1,
      'state', upper(x.state),
      'allocatedTo', (
        SELECT json_build_object('id', 'Membership:' || m.id, 'name', (
          SELECT n.name FROM membership_name n WHERE n.membership_id = m.id))
        FROM membership m WHERE m.id = x.allocated_to_id),
      'initiative', (
        SELECT json_build_object('id', 'Initiative:' || i.id, 'reference', i.reference, 'title', i.title)
        FROM initiative i WHERE i.id = x.initiative_id),
      'version', x.version
    ) ORDER BY x.position) FILTER (WHERE x.position <= 50), '[]'),
    'pageInfo', json_build_object(
      'hasNextPage', count(*) > 50,
      'endCursor', max(
        translate(encode(convert_to(json_build_array('due', x.due_on, x.id)::text, 'UTF8'), 'base64'),
                  E'+/\n', '-_')) FILTER (WHERE x.position = least(50, x.size))))
  FROM (SELECT *, row_number() OVER (ORDER BY due_on, id) AS position, count(*) OVER () AS size
        FROM (SELECT * FROM action WHERE owner_team_id = $2 AND state IN ('open', 'in_progress')
              ORDER BY due_on, id LIMIT 51) page) x))::text, 'UTF8')
