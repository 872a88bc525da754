// The messages of Mesos' v1 API (scheduler.proto): name, then field:type=number in order of declaration. "!" marks a
// required field, "*" a repeated one, "%" a map from string, "~" a default that is printed when the field is not set.
// Source of the facts: apache/mesos include/mesos/v1 (field lists of version 1.12).

export const schedulerMessages = `
scheduler.Event type:scheduler.Event.Type=1 subscribed:scheduler.Event.Subscribed=2 offers:scheduler.Event.Offers=3
  inverse_offers:scheduler.Event.InverseOffers=9 rescind:scheduler.Event.Rescind=4
  rescind_inverse_offer:scheduler.Event.RescindInverseOffer=10 update:scheduler.Event.Update=5
  update_operation_status:scheduler.Event.UpdateOperationStatus=11 message:scheduler.Event.Message=6
  failure:scheduler.Event.Failure=7 error:scheduler.Event.Error=8
scheduler.Event.Subscribed framework_id:FrameworkID!=1 heartbeat_interval_seconds:double=2 master_info:MasterInfo=3
scheduler.Event.Offers offers:Offer*=1
scheduler.Event.InverseOffers inverse_offers:InverseOffer*=1
scheduler.Event.Rescind offer_id:OfferID!=1
scheduler.Event.RescindInverseOffer inverse_offer_id:OfferID!=1
scheduler.Event.Update status:TaskStatus!=1
scheduler.Event.UpdateOperationStatus status:OperationStatus!=1
scheduler.Event.Message agent_id:AgentID!=1 executor_id:ExecutorID!=2 data:bytes!=3
scheduler.Event.Failure agent_id:AgentID=1 executor_id:ExecutorID=2 status:int32=3
scheduler.Event.Error message:string!=1
scheduler.AttributeConstraint selector:scheduler.AttributeConstraint.Selector!=1
  predicate:scheduler.AttributeConstraint.Predicate!=2
scheduler.AttributeConstraint.Selector
  pseudoattribute_type:scheduler.AttributeConstraint.Selector.PseudoattributeType=1 attribute_name:string=2
scheduler.AttributeConstraint.Predicate exists:scheduler.AttributeConstraint.Predicate.Exists=1
  not_exists:scheduler.AttributeConstraint.Predicate.NotExists=2
  text_equals:scheduler.AttributeConstraint.Predicate.TextEquals=3
  text_not_equals:scheduler.AttributeConstraint.Predicate.TextNotEquals=4
  text_matches:scheduler.AttributeConstraint.Predicate.TextMatches=5
  text_not_matches:scheduler.AttributeConstraint.Predicate.TextNotMatches=6
scheduler.AttributeConstraint.Predicate.Exists
scheduler.AttributeConstraint.Predicate.NotExists
scheduler.AttributeConstraint.Predicate.TextEquals value:string!=1
scheduler.AttributeConstraint.Predicate.TextNotEquals value:string!=1
scheduler.AttributeConstraint.Predicate.TextMatches regex:string!=1
scheduler.AttributeConstraint.Predicate.TextNotMatches regex:string!=1
scheduler.OfferConstraints role_constraints:scheduler.OfferConstraints.RoleConstraints%=1
scheduler.OfferConstraints.RoleConstraints groups:scheduler.OfferConstraints.RoleConstraints.Group*=1
scheduler.OfferConstraints.RoleConstraints.Group attribute_constraints:scheduler.AttributeConstraint*=1
scheduler.Call framework_id:FrameworkID=1 type:scheduler.Call.Type=2 subscribe:scheduler.Call.Subscribe=3
  accept:scheduler.Call.Accept=4 decline:scheduler.Call.Decline=5
  accept_inverse_offers:scheduler.Call.AcceptInverseOffers=13
  decline_inverse_offers:scheduler.Call.DeclineInverseOffers=14 revive:scheduler.Call.Revive=15
  kill:scheduler.Call.Kill=6 shutdown:scheduler.Call.Shutdown=7 acknowledge:scheduler.Call.Acknowledge=8
  acknowledge_operation_status:scheduler.Call.AcknowledgeOperationStatus=17 reconcile:scheduler.Call.Reconcile=9
  reconcile_operations:scheduler.Call.ReconcileOperations=18 message:scheduler.Call.Message=10
  request:scheduler.Call.Request=11 suppress:scheduler.Call.Suppress=16
  update_framework:scheduler.Call.UpdateFramework=19
scheduler.Call.Subscribe framework_info:FrameworkInfo!=1 suppressed_roles:string*=2
  offer_constraints:scheduler.OfferConstraints=3
scheduler.Call.Accept offer_ids:OfferID*=1 operations:Offer.Operation*=2 filters:Filters=3
scheduler.Call.Decline offer_ids:OfferID*=1 filters:Filters=2
scheduler.Call.AcceptInverseOffers inverse_offer_ids:OfferID*=1 filters:Filters=2
scheduler.Call.DeclineInverseOffers inverse_offer_ids:OfferID*=1 filters:Filters=2
scheduler.Call.Revive roles:string*=1
scheduler.Call.Kill task_id:TaskID!=1 agent_id:AgentID=2 kill_policy:KillPolicy=3
scheduler.Call.Shutdown executor_id:ExecutorID!=1 agent_id:AgentID!=2
scheduler.Call.Acknowledge agent_id:AgentID!=1 task_id:TaskID!=2 uuid:bytes!=3
scheduler.Call.AcknowledgeOperationStatus agent_id:AgentID=1 resource_provider_id:ResourceProviderID=2 uuid:bytes!=3
  operation_id:OperationID!=4
scheduler.Call.Reconcile tasks:scheduler.Call.Reconcile.Task*=1
scheduler.Call.Reconcile.Task task_id:TaskID!=1 agent_id:AgentID=2
scheduler.Call.ReconcileOperations operations:scheduler.Call.ReconcileOperations.Operation*=1
scheduler.Call.ReconcileOperations.Operation operation_id:OperationID!=1 agent_id:AgentID=2
  resource_provider_id:ResourceProviderID=3
scheduler.Call.Message agent_id:AgentID!=1 executor_id:ExecutorID!=2 data:bytes!=3
scheduler.Call.Request requests:Request*=1
scheduler.Call.Suppress roles:string*=1
scheduler.Call.UpdateFramework framework_info:FrameworkInfo!=1 suppressed_roles:string*=2
  offer_constraints:scheduler.OfferConstraints=3
`;
