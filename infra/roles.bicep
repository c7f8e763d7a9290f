metadata description = 'What the app may do, and no more: each role with its reason.'

@description('The principal of the app\'s identity.')
param principalId string

@description('Name of the storage account.')
param storageName string

@description('Name of the Application Insights component.')
param insightsName string

@description('Name of the key vault.')
param vaultName string

@description('Whether the vault has a key that signs checkpoints of the books.')
param hasCheckpointKey bool

var storageRoles = [
  // Blobs of all containers; the Functions host keeps leases and its keys in blobs and asks for this role and no lesser one. It also
  // covers the index tags of reports, and the delegation key that signs URLs (generateUserDelegationKey), asked for at the account.
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  // Work is sent, received and deleted; queues that are missing are made at the start; the host fills the poison queues.
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  // The ledger is written; tables that are missing are made at the start; the host writes its diagnostic events.
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
]

// Logs and metrics are sent by identity, for keys are switched off there.
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher

// The platform reads each of these secrets for the app's settings: the secret, not the vault, for others may share that.
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6' // Key Vault Secrets User

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName

  resource imageApi 'secrets' existing = { name: 'image-api-key' }
  resource checkpoint 'secrets' existing = { name: 'checkpoint-key' }
}

resource onStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in storageRoles: {
    name: guid(storage.id, principalId, role)
    scope: storage
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource onInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, metricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource onImageApiKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault::imageApi.id, principalId, secretsUser)
  scope: vault::imageApi
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource onCheckpointKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasCheckpointKey) {
  name: guid(vault::checkpoint.id, principalId, secretsUser)
  scope: vault::checkpoint
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
