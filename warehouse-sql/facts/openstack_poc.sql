/*---
about: "Users: people whom items and projects belong to, by their user names alone"
grain: one row per user
key: [poc_id]
partition: tuple()
columns:
  poc_id: {is: the user's number, identifies: person}
  username: {is: "the user's name in the cloud; nothing else about a person leaves the source", identifies: person}
---*/
SELECT
  poc_id,
  username
FROM {landing}
