"""Collecting: from what a learning management system or the exchange hands over to attempts/ and submitted/.

A download is a zip or a folder whose files nobody vouches for (`download`, `archive`). The names in it say
who handed in what (`systems`: `canvas`, `moodle`, `blackboard`, with the class list in `people`), the content
of a notebook which one it is (`recognise`). Each attempt is kept, and the one that counts is put into
submitted/ (`attempts`). The names are kept as well, because feedback goes back under them (`names`).
`collect` and `exchange` do it for an assignment, and `report` says what was done.
"""
