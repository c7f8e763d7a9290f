metadata description = 'Where the storage account tells of its blobs.'

@description('Name of the system topic.')
param name string

@description('Where it is created: where the storage account is.')
param location string

@description('Tags of each resource.')
param tags object

@description('Resource id of the storage account.')
param storageId string

// A storage account has one; made by hand at the first subscription, it would have a name that nobody knows.
resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    source: storageId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

@description('Its name.')
output name string = topic.name
