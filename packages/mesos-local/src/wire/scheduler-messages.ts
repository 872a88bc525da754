// The messages of Mesos' v1 API (scheduler.proto): name, then field:type in order of declaration. "!" marks a required
// field, "*" a repeated one, "%" a map from string; "any" stands for a message that nothing here looks into.
// Source of the facts: the field lists of apache/mesos include/mesos/v1, version 1.12.

export const schedulerMessages = `
scheduler.Event type:scheduler.Event.Type subscribed:scheduler.Event.Subscribed offers:scheduler.Event.Offers
  inverse_offers:scheduler.Event.InverseOffers rescind:scheduler.Event.Rescind
  rescind_inverse_offer:scheduler.Event.RescindInverseOffer update:scheduler.Event.Update
  update_operation_status:scheduler.Event.UpdateOperationStatus message:scheduler.Event.Message
  failure:scheduler.Event.Failure error:scheduler.Event.Error
scheduler.Event.Subscribed framework_id:FrameworkID! heartbeat_interval_seconds:double master_info:MasterInfo
scheduler.Event.Offers offers:Offer*
scheduler.Event.InverseOffers inverse_offers:InverseOffer*
scheduler.Event.Rescind offer_id:OfferID!
scheduler.Event.RescindInverseOffer inverse_offer_id:OfferID!
scheduler.Event.Update status:TaskStatus!
scheduler.Event.UpdateOperationStatus status:OperationStatus!
scheduler.Event.Message agent_id:AgentID! executor_id:ExecutorID! data:bytes!
scheduler.Event.Failure agent_id:AgentID executor_id:ExecutorID status:int32
scheduler.Event.Error message:string!
scheduler.AttributeConstraint selector:scheduler.AttributeConstraint.Selector!
  predicate:scheduler.AttributeConstraint.Predicate!
scheduler.AttributeConstraint.Selector
  pseudoattribute_type:scheduler.AttributeConstraint.Selector.PseudoattributeType attribute_name:string
scheduler.AttributeConstraint.Predicate exists:scheduler.AttributeConstraint.Predicate.Exists
  not_exists:scheduler.AttributeConstraint.Predicate.NotExists
  text_equals:scheduler.AttributeConstraint.Predicate.TextEquals
  text_not_equals:scheduler.AttributeConstraint.Predicate.TextNotEquals
  text_matches:scheduler.AttributeConstraint.Predicate.TextMatches
  text_not_matches:scheduler.AttributeConstraint.Predicate.TextNotMatches
scheduler.AttributeConstraint.Predicate.Exists
scheduler.AttributeConstraint.Predicate.NotExists
scheduler.AttributeConstraint.Predicate.TextEquals value:string!
scheduler.AttributeConstraint.Predicate.TextNotEquals value:string!
scheduler.AttributeConstraint.Predicate.TextMatches regex:string!
scheduler.AttributeConstraint.Predicate.TextNotMatches regex:string!
scheduler.OfferConstraints role_constraints:scheduler.OfferConstraints.RoleConstraints%
scheduler.OfferConstraints.RoleConstraints groups:scheduler.OfferConstraints.RoleConstraints.Group*
scheduler.OfferConstraints.RoleConstraints.Group attribute_constraints:scheduler.AttributeConstraint*
scheduler.Call framework_id:FrameworkID type:scheduler.Call.Type subscribe:scheduler.Call.Subscribe
  accept:scheduler.Call.Accept decline:scheduler.Call.Decline
  accept_inverse_offers:scheduler.Call.AcceptInverseOffers
  decline_inverse_offers:scheduler.Call.DeclineInverseOffers revive:scheduler.Call.Revive kill:scheduler.Call.Kill
  shutdown:scheduler.Call.Shutdown acknowledge:scheduler.Call.Acknowledge
  acknowledge_operation_status:scheduler.Call.AcknowledgeOperationStatus reconcile:scheduler.Call.Reconcile
  reconcile_operations:scheduler.Call.ReconcileOperations message:scheduler.Call.Message
  request:scheduler.Call.Request suppress:scheduler.Call.Suppress update_framework:scheduler.Call.UpdateFramework
scheduler.Call.Subscribe framework_info:FrameworkInfo! suppressed_roles:string*
  offer_constraints:scheduler.OfferConstraints
scheduler.Call.Accept offer_ids:OfferID* operations:Offer.Operation* filters:Filters
scheduler.Call.Decline offer_ids:OfferID* filters:Filters
scheduler.Call.AcceptInverseOffers inverse_offer_ids:OfferID* filters:Filters
scheduler.Call.DeclineInverseOffers inverse_offer_ids:OfferID* filters:Filters
scheduler.Call.Revive roles:string*
scheduler.Call.Kill task_id:TaskID! agent_id:AgentID kill_policy:KillPolicy
scheduler.Call.Shutdown executor_id:ExecutorID! agent_id:AgentID!
scheduler.Call.Acknowledge agent_id:AgentID! task_id:TaskID! uuid:bytes!
scheduler.Call.AcknowledgeOperationStatus agent_id:AgentID resource_provider_id:ResourceProviderID uuid:bytes!
  operation_id:OperationID!
scheduler.Call.Reconcile tasks:scheduler.Call.Reconcile.Task*
scheduler.Call.Reconcile.Task task_id:TaskID! agent_id:AgentID
scheduler.Call.ReconcileOperations operations:scheduler.Call.ReconcileOperations.Operation*
scheduler.Call.ReconcileOperations.Operation operation_id:OperationID! agent_id:AgentID
  resource_provider_id:ResourceProviderID
scheduler.Call.Message agent_id:AgentID! executor_id:ExecutorID! data:bytes!
scheduler.Call.Request requests:scheduler.Call.Request*
scheduler.Call.Suppress roles:string*
scheduler.Call.UpdateFramework framework_info:FrameworkInfo! suppressed_roles:string*
  offer_constraints:scheduler.OfferConstraints
`;

export const schedulerEnums = `
scheduler.Event.Type UNKNOWN SUBSCRIBED OFFERS INVERSE_OFFERS RESCIND RESCIND_INVERSE_OFFER UPDATE
  UPDATE_OPERATION_STATUS MESSAGE FAILURE ERROR HEARTBEAT
scheduler.AttributeConstraint.Selector.PseudoattributeType UNKNOWN HOSTNAME REGION ZONE
scheduler.Call.Type UNKNOWN SUBSCRIBE TEARDOWN ACCEPT DECLINE ACCEPT_INVERSE_OFFERS DECLINE_INVERSE_OFFERS REVIVE
  KILL SHUTDOWN ACKNOWLEDGE ACKNOWLEDGE_OPERATION_STATUS RECONCILE RECONCILE_OPERATIONS MESSAGE REQUEST SUPPRESS
  UPDATE_FRAMEWORK
`;
