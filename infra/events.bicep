metadata description = 'Tells the app of dropped files. Deployed after the code, for the subscription is validated by a call of it.'

@description('Name of the function app, whose code is deployed.')
param appName string

@description('Name of the storage account\'s system topic.')
param topicName string

var functionName = 'ReceiveFile'
var container = 'manifests'

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName
}

// Made by the host when it first loads the blob extension. Asked for here, the key goes through no shell, file or log.
var key = listKeys('${app.id}/host/default', '2024-04-01').systemKeys.blobs_extension

var webhook = 'https://${app.properties.defaultHostName}/runtime/webhooks/blobs'

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName

  resource dropped 'eventSubscriptions' = {
    name: 'dropped-files'
    properties: {
      destination: {
        endpointType: 'WebHook'
        properties: {
          endpointUrl: '${webhook}?functionName=Host.Functions.${functionName}&code=${uriComponent(key)}'
          // One event a call: the extension makes a message of each, and a call that fails for one would repeat all.
          maxEventsPerBatch: 1
        }
      }
      filter: {
        includedEventTypes: ['Microsoft.Storage.BlobCreated']
        subjectBeginsWith: '/blobServices/default/containers/${container}/blobs/'
      }
      eventDeliverySchema: 'EventGridSchema'
      // The sweeper lists the container every 5 minutes and takes what no event told of. So an event that cannot be delivered is worth
      // little after an hour, and nothing as a dead letter, which would need rights to write into storage.
      retryPolicy: { maxDeliveryAttempts: 10, eventTimeToLiveInMinutes: 60 }
    }
  }
}
