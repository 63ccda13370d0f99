/*---
title: History of deployment tasks
asks: What did each task of a deployment do, on which node, when, and how did it end?
params:
  installation: {type: String, default: '', is: "an installation's uid; empty means all"}
  run: {type: Int32, default: 0, is: "a deployment, a number within the installation; 0 means all"}
  nodes: {type: Array(String), default: [], is: "nodes: master, or numbers within the installation; empty means all"}
  statuses: {type: Array(String), default: [], is: "pending, running, ready, error, skipped; empty means all"}
columns:
  installation_uid: {title: Installation}
  environment_id: {title: Environment, is: "a number within the installation"}
  run_id: {title: Run, is: "the deployment, a number within the installation"}
  task: {is: "the task's technical name"}
  node_id: {title: Node, is: "master, or the node's number within the installation"}
  status: {is: "pending, running, ready, error or skipped"}
  started_at: {title: Started}
  ended_at: {title: Ended}
  duration_s: {title: Duration, format: seconds}
---*/
SELECT
  installation_uid,
  environment_id,
  run_id,
  task,
  node_id,
  status,
  started_at,
  ended_at,
  duration_s
FROM fuel_task_counted
WHERE ({installation:String} = '' OR installation_uid = {installation:String})
  AND ({run:Int32} = 0 OR run_id = {run:Int32})
  AND (length({nodes:Array(String)}) = 0 OR has({nodes:Array(String)}, node_id))
  AND (length({statuses:Array(String)}) = 0 OR has({statuses:Array(String)}, status))
ORDER BY installation_uid, run_id, task_id
